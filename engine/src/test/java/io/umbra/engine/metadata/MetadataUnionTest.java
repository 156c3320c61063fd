package io.umbra.engine.metadata;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

class MetadataUnionTest
{
    private static final AclEntry ACL = new AclEntry("TOPIC", "orders", "LITERAL", "User:a", "*", "READ", "ALLOW");

    private static GroupOffset offset(final String group, final String topic, final long offset)
    {
        return new GroupOffset(group, topic, 0, offset, -1, "");
    }

    private static TopicMetadata topic(final String name, final int partitions)
    {
        return new TopicMetadata(name, new UUID(1, name.length()), partitions, new TreeMap<>());
    }

    private static SourceMetadata metadata(
        final Map<MetadataTask, Long> completeNs,
        final List<AclEntry> acls,
        final List<GroupOffset> offsets,
        final TopicMetadata... topics)
    {
        final TreeMap<String, TopicMetadata> byName = new TreeMap<>();
        Arrays.asList(topics).forEach((topic) -> byName.put(topic.name(), topic));
        final TreeMap<String, GroupMetadata> groups = new TreeMap<>();
        offsets.forEach((offset) -> groups.put(
            offset.groupId(), new GroupMetadata(offset.groupId(), "classic", "consumer", "")));
        return new SourceMetadata(Long.MAX_VALUE, byName, groups, offsets, acls, List.of(), List.of(), completeNs,
            Map.of(MetadataTask.SCRAM, "no permission"));
    }

    @Test
    void oneIsItself()
    {
        final SourceMetadata one = metadata(Map.of(), List.of(), List.of());
        assertSame(one, MetadataUnion.of(List.of(one)));
    }

    @Test
    void eachHasTheTopicsOfItsLink()
    {
        final SourceMetadata union = MetadataUnion.of(List.of(
            metadata(Map.of(MetadataTask.GROUPS, 2L, MetadataTask.TOPICS, 2L), List.of(),
                List.of(offset("g", "orders", 7)), topic("orders", 1)),
            metadata(Map.of(MetadataTask.GROUPS, 1L, MetadataTask.TOPICS, 1L), List.of(),
                List.of(offset("g", "invoices", 8), offset("h", "invoices", 9)), topic("invoices", 2))));
        assertEquals(List.of("invoices", "orders"), List.copyOf(union.topics().keySet()));
        assertEquals(List.of(offset("g", "invoices", 8), offset("g", "orders", 7), offset("h", "invoices", 9)),
            union.groupOffsets());
        assertEquals(OptionalLong.of(1), union.completeNs(MetadataTask.GROUPS));
        assertEquals("no permission", union.reasons().get(MetadataTask.SCRAM));
    }

    @Test
    void ofWhatSeveralKnowTheNewestCounts()
    {
        final SourceMetadata old = metadata(
            Map.of(MetadataTask.GROUPS, 1L, MetadataTask.TOPICS, 1L, MetadataTask.ACLS, 1L), List.of(ACL),
            List.of(offset("g", "orders", 7), offset("deleted", "orders", 3)), topic("orders", 1));
        final SourceMetadata young = metadata(
            Map.of(MetadataTask.GROUPS, 2L, MetadataTask.TOPICS, 2L, MetadataTask.ACLS, 2L), List.of(),
            List.of(offset("g", "orders", 9)), topic("orders", 4));
        for (final List<SourceMetadata> order : List.of(List.of(old, young), List.of(young, old)))
        {
            final SourceMetadata union = MetadataUnion.of(order);
            assertEquals(List.of(offset("g", "orders", 9)), union.groupOffsets());
            assertEquals(4, union.topics().get("orders").partitions());
            assertEquals(List.of(), union.acls());
        }
    }

    @Test
    void whatOneNeverReadIsNotComplete()
    {
        final SourceMetadata union = MetadataUnion.of(List.of(
            metadata(Map.of(MetadataTask.ACLS, 5L), List.of(ACL), List.of(offset("g", "orders", 9))),
            metadata(Map.of(), List.of(), List.of(offset("g", "orders", 7)))));
        assertEquals(OptionalLong.empty(), union.completeNs(MetadataTask.ACLS));
        assertEquals(List.of(ACL), union.acls());
        assertEquals(1, union.groupOffsets().size());
    }
}
