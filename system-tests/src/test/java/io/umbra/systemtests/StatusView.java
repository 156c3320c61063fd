package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/** What {@code umbra status --json} says. */
final class StatusView
{
    private final JsonNode document;

    private StatusView(final JsonNode document)
    {
        this.document = document;
    }

    static StatusView of(final Path config) throws Exception
    {
        return new StatusView(UmbraCommand.json("status", config.toString(), "--json"));
    }

    /** Asks again until it is so. */
    static StatusView await(final Path config, final Predicate<StatusView> condition) throws Exception
    {
        final StatusView[] last = new StatusView[1];
        Await.until(() ->
        {
            last[0] = of(config);
            return condition.test(last[0]);
        }, () -> String.valueOf(last[0]));
        return last[0];
    }

    String state()
    {
        return document.get("state").asText();
    }

    /** Of the generation that is listed last. */
    JsonNode topic(final String name)
    {
        JsonNode found = null;
        for (final JsonNode topic : document.get("topics"))
        {
            if (name.equals(topic.get("name").asText()) &&
                (null == found || !"SOURCE_DELETED".equals(topic.get("state").asText())))
            {
                found = topic;
            }
        }
        return found;
    }

    JsonNode partition(final String topic, final int number)
    {
        return topic(topic).get("partitions").get(number);
    }

    long endOffset(final String topic, final int number)
    {
        final JsonNode found = topic(topic);
        return null == found || null == found.get("partitions").get(number) ?
            -1 : found.get("partitions").get(number).get("endOffset").asLong();
    }

    List<JsonNode> incidents(final String kind)
    {
        return StreamSupport.stream(document.get("incidents").spliterator(), false)
            .filter((incident) -> kind.equals(incident.get("kind").asText()))
            .toList();
    }

    @Override
    public String toString()
    {
        return document.toPrettyString();
    }
}
