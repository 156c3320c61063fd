package io.umbra.engine.ledger;

import com.fasterxml.jackson.databind.JsonNode;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * Rows as lines for people: time, shard, partition, what happened.
 */
final class LedgerText
{
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final long NANOS = 1_000_000_000L;

    private LedgerText()
    {
    }

    static String time(final long timeNs)
    {
        return TIME.format(Instant.ofEpochSecond(Math.floorDiv(timeNs, NANOS), Math.floorMod(timeNs, NANOS)));
    }

    static String line(final LedgerRow row)
    {
        return row.fields().has("shard") ?
            String.format(Locale.ROOT, "%s  %2d  %-28s  %s",
                row.text("time"), row.number("shard"), partition(row), what(row)) :
            row.text("time") + "  " + metadata(row);
    }

    private static String metadata(final LedgerRow row)
    {
        switch (row.type())
        {
            case "Metadata":
                return String.format(
                    Locale.ROOT, "%-12s  %s  %s", row.text("kind"), row.text("key"), row.text("value")).stripTrailing();
            case "MetadataRemoved":
                return String.format(Locale.ROOT, "%-12s  %s  removed", row.text("kind"), row.text("key"));
            case "MetadataRound":
                return String.format(Locale.ROOT, "%-12s  looked: %s, complete %s%s",
                    row.text("task").toLowerCase(Locale.ROOT),
                    row.text("state"),
                    row.fields().get("complete").isNull() ? "never" : row.text("complete"),
                    row.text("message").isEmpty() ? "" : ": " + row.text("message"));
            case "RpoSample":
                return sample(row);
            case "LinkEvent":
                return event(row);
            case "LinkHead":
                return "a file begins";
            default:
                return "all " + row.number("values") + " values were repeated, at the head of a file";
        }
    }

    private static String sample(final LedgerRow row)
    {
        final StringBuilder text = new StringBuilder(String.format(Locale.ROOT,
            "%.1f s  %s  %d records  %d bytes  lag %s records %s bytes %s ms",
            row.number("intervalMs") / 1000.0, row.text("linkState"), row.number("records"), row.number("bytes"),
            known(row, "lagRecords"), known(row, "lagBytes"), known(row, "lagMs")));
        for (final String method : List.of("sampled", "logAppendTime"))
        {
            final JsonNode delays = row.fields().get(method);
            if (!delays.isNull())
            {
                text.append(String.format(Locale.ROOT, "  %s ms p50 %.1f p99 %.1f max %.1f (%d)", method,
                    delays.get("p50").asDouble(), delays.get("p99").asDouble(), delays.get("max").asDouble(),
                    delays.get("count").asLong()));
            }
        }
        return text.toString();
    }

    private static String event(final LedgerRow row)
    {
        final StringBuilder text = new StringBuilder(row.text("eventType"));
        if (!row.text("topic").isEmpty())
        {
            text.append("  ").append(row.text("topic"));
            text.append(row.number("partition") < 0 ? "" : "-" + row.number("partition"));
        }
        if (!row.text("after").isEmpty())
        {
            text.append("  ").append(row.text("before")).append(" to ").append(row.text("after"));
        }
        if (row.number("fromOffset") >= 0)
        {
            text.append("  at ").append(row.number("fromOffset"));
            text.append(row.number("toOffset") < 0 ? "" : " to " + row.number("toOffset"));
        }
        return text.append(row.text("message").isEmpty() ? "" : ": " + row.text("message")).toString();
    }

    private static String known(final LedgerRow row, final String field)
    {
        return row.number(field) < 0 ? "?" : Long.toString(row.number(field));
    }

    private static String partition(final LedgerRow row)
    {
        if (!row.fields().has("partitionIndex"))
        {
            return "-";
        }
        return row.fields().get("topic").isNull() ?
            "(partition index " + row.number("partitionIndex") + ')' :
            row.text("topic") + '-' + row.number("partition");
    }

    private static String what(final LedgerRow row)
    {
        switch (row.type())
        {
            case "EngineEvent":
                return "engine " + row.text("eventType").toLowerCase(Locale.ROOT);
            case "PartitionOpened":
                return String.format(Locale.ROOT, "opened, log %d to %d, digest %s, topic id %s",
                    row.number("logStartOffset"), row.number("endOffset"), row.text("digest"), row.text("topicId"));
            case "Commit":
                return commit(row);
            case "Recovered":
                return String.format(Locale.ROOT, "recovered %d..%d, in the log without an entry, digest %s",
                    row.number("baseOffset"), row.number("lastOffset"), row.text("digest"));
            case "Truncated":
                return String.format(Locale.ROOT, "truncated from %d to %d, digest %s: %s",
                    row.number("fromOffset"), row.number("toOffset"), row.text("digest"), row.text("reason"));
            case "PartitionState":
                return String.format(Locale.ROOT, "%s at %d%s", row.text("state").toLowerCase(Locale.ROOT),
                    row.number("endOffset"), row.text("reason").isEmpty() ? "" : ": " + row.text("reason"));
            case "Gap":
                return String.format(Locale.ROOT, "gap from %d to %d: %s",
                    row.number("fromOffset"), row.number("toOffset"), row.text("reason"));
            case "LogStart":
                return "log start " + row.number("logStartOffset");
            default:
                return "entry of kind " + row.number("templateId") + ", which this version does not know";
        }
    }

    private static String commit(final LedgerRow row)
    {
        return String.format(Locale.ROOT,
            "%d..%d  %d records  %d bytes at %d:%d  epoch %d  broker %d  digest %s  high watermark %d  %.3f ms",
            row.number("baseOffset"), row.number("lastOffset"), row.number("records"), row.number("length"),
            row.number("segmentBaseOffset"), row.number("filePosition"), row.number("leaderEpoch"),
            row.number("leaderId"), row.text("digest"), row.number("sourceHighWatermark"),
            (row.number("commitTimeNs") - row.number("fetchTimeNs")) / 1e6);
    }
}
