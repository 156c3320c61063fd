package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The ledgers of all shards as {@code umbra ledger --json} shows them. Field names are those of the ledger's schema.
 */
final class LedgerView
{
    private final List<JsonNode> entries = new ArrayList<>();

    private LedgerView(final JsonNode document)
    {
        document.get("entries").forEach(entries::add);
    }

    static LedgerView read(final Path config) throws IOException, InterruptedException
    {
        return new LedgerView(UmbraCommand.json("ledger", config.toString(), "--json"));
    }

    /** The ledger of the link. */
    static LedgerView readLink(final Path config) throws IOException, InterruptedException
    {
        return new LedgerView(UmbraCommand.json("ledger", config.toString(), "--link", "--json"));
    }

    List<JsonNode> entries()
    {
        return entries;
    }

    Stream<JsonNode> ofType(final String type)
    {
        return entries.stream().filter((entry) -> is(entry, type));
    }

    Stream<JsonNode> commits()
    {
        return ofType("Commit");
    }

    /** Type names are compared without case and separators: Commit, COMMIT, engine-event and EngineEvent. */
    static boolean is(final JsonNode entry, final String type)
    {
        return entry.get("type").asText().replaceAll("[^A-Za-z]", "").equalsIgnoreCase(type);
    }

    static String partition(final JsonNode entry)
    {
        return entry.get("topic").asText() + '-' + entry.get("partition").asInt();
    }

    /**
     * For each partition the entries follow each other without a gap, except where a Truncated entry steps back or a
     * Gap entry goes forward.
     *
     * @return the end offset of each partition according to its last entry, by {@code topic-partition}.
     */
    Map<String, Long> assertContiguous()
    {
        final Map<String, Long> ends = new HashMap<>();
        for (final JsonNode entry : entries)
        {
            if (is(entry, "Commit") || is(entry, "Recovered"))
            {
                final long base = entry.get("baseOffset").asLong();
                final Long expected = ends.put(partition(entry), entry.get("lastOffset").asLong() + 1);
                expect(null == expected || expected == base, expected, entry);
            }
            else if (is(entry, "Truncated") || is(entry, "Gap"))
            {
                final long from = entry.get("fromOffset").asLong();
                final Long expected = ends.put(partition(entry), entry.get("toOffset").asLong());
                expect(null == expected || expected == from, expected, entry);
            }
        }
        return ends;
    }

    private static void expect(final boolean condition, final Long expected, final JsonNode entry)
    {
        if (!condition)
        {
            throw new AssertionError("expected offset " + expected + ", found " + entry);
        }
    }
}
