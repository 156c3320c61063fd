package io.umbra.engine.metadata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.umbra.codecs.ledger.MetadataKind;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Something of the source as the metadata ledger has it: texts, which people can read. A key of one part is that part,
 * other keys and all values are JSON; what has no value, or the usual one, is left out.
 *
 * @param kind  of thing.
 * @param key   of the thing.
 * @param value that it has.
 */
public record MetadataItem(MetadataKind kind, String key, String value)
{
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int NO_EPOCH = -1;

    /**
     * A topic by its name.
     *
     * @param topic of the source.
     * @return the item.
     */
    public static MetadataItem of(final TopicMetadata topic)
    {
        final ObjectNode value = NODES.objectNode()
            .put("id", topic.id().toString())
            .put("partitions", topic.partitions());
        final ObjectNode own = NODES.objectNode();
        final ObjectNode ofBrokers = NODES.objectNode();
        topic.configs().forEach((name, text) ->
            (topic.brokerConfigs().contains(name) ? ofBrokers : own).put(name, text));
        putIfAny(value, "configs", own);
        putIfAny(value, "brokerConfigs", ofBrokers);
        return new MetadataItem(MetadataKind.TOPIC, topic.name(), value.toString());
    }

    /**
     * A group by its id.
     *
     * @param group of the source.
     * @return the item.
     */
    public static MetadataItem of(final GroupMetadata group)
    {
        return new MetadataItem(MetadataKind.GROUP, group.groupId(), NODES.objectNode()
            .put("type", group.type())
            .put("protocolType", group.protocolType())
            .put("state", group.state())
            .toString());
    }

    /**
     * An offset by group, topic and partition.
     *
     * @param offset of a group.
     * @return the item.
     */
    public static MetadataItem of(final GroupOffset offset)
    {
        final ObjectNode value = NODES.objectNode().put("offset", offset.offset());
        if (NO_EPOCH != offset.leaderEpoch())
        {
            value.put("leaderEpoch", offset.leaderEpoch());
        }
        if (!offset.metadata().isEmpty())
        {
            value.put("metadata", offset.metadata());
        }
        return new MetadataItem(MetadataKind.GROUP_OFFSET,
            NODES.arrayNode().add(offset.groupId()).add(offset.topic()).add(offset.partition()).toString(),
            value.toString());
    }

    /**
     * An access rule, which is all key.
     *
     * @param acl of the source.
     * @return the item.
     */
    public static MetadataItem of(final AclEntry acl)
    {
        return new MetadataItem(MetadataKind.ACL, NODES.objectNode()
            .put("resourceType", acl.resourceType())
            .put("resourceName", acl.resourceName())
            .put("patternType", acl.patternType())
            .put("principal", acl.principal())
            .put("host", acl.host())
            .put("operation", acl.operation())
            .put("permission", acl.permission())
            .toString(), "");
    }

    /**
     * Quotas by their entity, in which a type's default is null.
     *
     * @param quota of the source.
     * @return the item.
     */
    public static MetadataItem of(final QuotaEntry quota)
    {
        final ObjectNode key = NODES.objectNode();
        quota.entity().forEach(key::put);
        final ObjectNode value = NODES.objectNode();
        quota.values().forEach(value::put);
        return new MetadataItem(MetadataKind.QUOTA, key.toString(), value.toString());
    }

    /**
     * A credential by user and mechanism.
     *
     * @param user of the source.
     * @return the item.
     */
    public static MetadataItem of(final ScramUser user)
    {
        return new MetadataItem(MetadataKind.SCRAM_USER,
            NODES.arrayNode().add(user.user()).add(user.mechanism()).toString(),
            NODES.objectNode().put("iterations", user.iterations()).toString());
    }

    static TopicMetadata topic(final String key, final String value)
    {
        final JsonNode json = json(value);
        final SortedMap<String, String> configs = new TreeMap<>();
        addTexts(json.path("configs"), configs);
        final SortedMap<String, String> ofBrokers = new TreeMap<>();
        addTexts(json.path("brokerConfigs"), ofBrokers);
        configs.putAll(ofBrokers);
        return new TopicMetadata(key, UUID.fromString(json.path("id").asText()), json.path("partitions").asInt(),
            configs, new TreeSet<>(ofBrokers.keySet()));
    }

    /**
     * Back from the texts, for a group.
     *
     * @param key   of the item.
     * @param value of the item.
     * @return the group.
     */
    public static GroupMetadata group(final String key, final String value)
    {
        final JsonNode json = json(value);
        return new GroupMetadata(
            key, json.path("type").asText(), json.path("protocolType").asText(), json.path("state").asText());
    }

    /**
     * Back from the texts, for what a group has committed.
     *
     * @param key   of the item.
     * @param value of the item.
     * @return the offset.
     */
    public static GroupOffset groupOffset(final String key, final String value)
    {
        final JsonNode parts = json(key);
        final JsonNode json = json(value);
        return new GroupOffset(parts.path(0).asText(), parts.path(1).asText(), parts.path(2).asInt(),
            json.path("offset").asLong(), json.path("leaderEpoch").asInt(NO_EPOCH), json.path("metadata").asText());
    }

    static AclEntry acl(final String key)
    {
        final JsonNode json = json(key);
        return new AclEntry(
            json.path("resourceType").asText(),
            json.path("resourceName").asText(),
            json.path("patternType").asText(),
            json.path("principal").asText(),
            json.path("host").asText(),
            json.path("operation").asText(),
            json.path("permission").asText());
    }

    static QuotaEntry quota(final String key, final String value)
    {
        final SortedMap<String, String> entity = new TreeMap<>();
        addTexts(json(key), entity);
        final SortedMap<String, Double> values = new TreeMap<>();
        json(value).properties().forEach((field) -> values.put(field.getKey(), field.getValue().asDouble()));
        return new QuotaEntry(entity, values);
    }

    static ScramUser scramUser(final String key, final String value)
    {
        final JsonNode parts = json(key);
        return new ScramUser(parts.path(0).asText(), parts.path(1).asText(), json(value).path("iterations").asInt());
    }

    private static void addTexts(final JsonNode object, final Map<String, String> texts)
    {
        object.properties().forEach((field) ->
            texts.put(field.getKey(), field.getValue().isNull() ? null : field.getValue().asText()));
    }

    private static void putIfAny(final ObjectNode node, final String name, final ObjectNode fields)
    {
        if (!fields.isEmpty())
        {
            node.set(name, fields);
        }
    }

    private static JsonNode json(final String text)
    {
        try
        {
            return MAPPER.readTree(text);
        }
        catch (final JsonProcessingException ex)
        {
            throw new IllegalStateException("the metadata ledger has a text that is no JSON: " + text, ex);
        }
    }
}
