package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What {@code umbra status --json} says of the partitions, without a process of its own for each look. */
final class LinkStatus
{
    private LinkStatus()
    {
    }

    /** Partitions by {@code topic-partition}. */
    static Map<String, JsonNode> partitions(final LinkConfig link) throws Exception
    {
        final Map<String, JsonNode> partitions = new TreeMap<>();
        for (final JsonNode topic : StatusView.of(link).document().get("topics"))
        {
            topic.get("partitions").forEach((partition) -> partitions.put(
                topic.get("name").asText() + '-' + partition.get("partition").asInt(), partition));
        }
        return partitions;
    }

    /** End offsets by {@code topic-partition}. */
    static Map<String, Long> ends(final LinkConfig link) throws Exception
    {
        final Map<String, Long> ends = new TreeMap<>();
        partitions(link).forEach((name, partition) -> ends.put(name, partition.get("endOffset").asLong()));
        return ends;
    }

    /** Waits until the shadow of every partition given has grown beyond its offset. */
    static void awaitBeyond(final LinkConfig link, final Map<String, Long> offsets) throws Exception
    {
        Await.until(
            () ->
            {
                final Map<String, Long> ends = ends(link);
                return offsets.entrySet().stream().allMatch((entry) -> ends.get(entry.getKey()) > entry.getValue());
            },
            () -> "beyond " + offsets);
    }

    /** Waits until every partition is fetched and journaled, and nothing is said against it. */
    static void awaitActive(final LinkConfig link) throws Exception
    {
        Await.until(() -> inactive(link).isEmpty(), () -> "all active");
    }

    private static List<JsonNode> inactive(final LinkConfig link) throws Exception
    {
        return partitions(link).values().stream()
            .filter((partition) -> !"ACTIVE".equals(partition.get("state").asText()) || partition.hasNonNull("error"))
            .toList();
    }
}
