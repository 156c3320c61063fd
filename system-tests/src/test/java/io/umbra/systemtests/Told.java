package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What happens at the source is told in three places: a ledger, a counter, and the status. */
final class Told
{
    private static final Map<String, String> COUNTERS = Map.of(
        "GAP", "gaps left by the source",
        "DIVERGENCE", "divergences of the source",
        "TOPIC_DELETED", "topics deleted at the source",
        "TOPIC_RECREATED", "topics created anew at the source");

    private Told()
    {
    }

    /**
     * Of a running engine. The incidents of the status are those of the ledger, neither more nor other ones.
     *
     * @param sinceStart how often the engine has counted it.
     * @param everOpen   how often it was told of this journal, and not acknowledged.
     */
    static void assertTold(final LinkConfig link, final String kind, final int sinceStart, final int everOpen)
        throws Exception
    {
        final Path config = link.write();
        final StatusView status = StatusView.await(config, (view) -> everOpen == view.incidents(kind).size());
        final List<String> shown = status.incidents(kind).stream().map(Told::place).sorted().toList();
        try (EngineCounters counters = new EngineCounters(Path.of(link.get("aeron.dir"))))
        {
            assertEquals(sinceStart, counters.sum((label) -> label.endsWith(COUNTERS.get(kind))), kind);
        }
        final Object[] entries = new Object[1];
        Await.until(() ->
        {
            entries[0] = LedgerView.readLink(config).ofType("LinkEvent")
                .filter((entry) -> kind.equals(entry.get("eventType").asText()))
                .map(Told::place).sorted().toList();
            return shown.equals(entries[0]);
        }, () -> kind + " in the ledger of the link: " + shown + ", not " + entries[0]);
    }

    private static String place(final JsonNode event)
    {
        return event.get("topic").asText() + '-' + event.path("partition").asInt(-1) + ' ' +
            event.path("fromOffset").asLong(-1) + ' ' + event.path("toOffset").asLong(-1);
    }

    /** Names of the partitions of which a ledger says that they are not shadowed any more, with how often. */
    static Map<String, Long> retired(final Path config) throws Exception
    {
        return LedgerView.read(config).ofType("PartitionState")
            .filter((entry) -> "RETIRED".equals(entry.get("state").asText()))
            .collect(Collectors.groupingBy(LedgerView::partition, Collectors.counting()));
    }
}
