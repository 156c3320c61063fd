package io.umbra.engine.verify;

import java.util.Locale;

/**
 * A report as lines for people.
 */
final class VerifyText
{
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};

    private VerifyText()
    {
    }

    static String of(final VerifyReport report)
    {
        final StringBuilder text = new StringBuilder();
        for (final PartitionVerdict partition : report.partitions())
        {
            line(text, partition(partition));
            partition.notes().forEach((note) -> line(text, partition.name() + ": " + note));
            partition.differences().forEach((difference) -> line(text, difference(difference)));
            if (partition.moreDifferences() > 0)
            {
                line(text, partition.name() + ": " + partition.moreDifferences() + " more");
            }
            if (partition.error() != null)
            {
                line(text, partition.name() + ": not verified to the end: " + partition.error());
            }
        }
        line(text, total(report));
        return text.toString();
    }

    private static String partition(final PartitionVerdict partition)
    {
        final String compared = partition.batches() == 0 ? "nothing compared" : String.format(Locale.ROOT,
            "offsets %d..%d  %d batches  %s  digest %016x",
            partition.firstOffset(), partition.endOffset() - 1, partition.batches(), bytes(partition.bytes()),
            partition.digest());
        final Compaction compaction = partition.compaction();
        final String verdict = partition.batches() == 0 || !partition.isIdentical() ? "" :
            partition.isRewritten() ? "  no difference" : "  identical";
        final String byRecord = partition.isRewritten() ? String.format(Locale.ROOT,
            "  (%d identical, %d records compared one by one, %d removed by compaction)",
            compaction.identicalBatches(), compaction.records(), compaction.removedRecords()) : "";
        final String lag = partition.lag() > 0 ? "  lag " + partition.lag() : "";
        return String.format(Locale.ROOT, "%-24s  %s%s%s%s", partition.name(), compared, byRecord, lag, verdict);
    }

    private static String difference(final Difference difference)
    {
        final String offsets = difference.offset() == difference.lastOffset() ?
            "offset " + difference.offset() :
            "offset " + difference.offset() + " (to " + difference.lastOffset() + ')';
        final String place =
            difference.file() == null ? "" : "; " + difference.file() + " position " + difference.position();
        return difference.topic() + '-' + difference.partition() + ": " + offsets + ": " +
            difference.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + difference.text() + place;
    }

    private static String total(final VerifyReport report)
    {
        long batches = 0;
        long bytes = 0;
        long lag = 0;
        long differences = 0;
        long different = 0;
        long errors = 0;
        long compared = 0;
        long identical = 0;
        long records = 0;
        long removed = 0;
        boolean isRewritten = false;
        for (final PartitionVerdict partition : report.partitions())
        {
            batches += partition.batches();
            bytes += partition.bytes();
            lag += partition.lag();
            differences += partition.differences().size() + partition.moreDifferences();
            different += partition.differences().isEmpty() ? 0 : 1;
            errors += partition.error() == null ? 0 : 1;
            compared += partition.batches() > 0 ? 1 : 0;
            identical += partition.compaction().identicalBatches();
            records += partition.compaction().records();
            removed += partition.compaction().removedRecords();
            isRewritten |= partition.isRewritten();
        }
        final String byRecord = isRewritten ? String.format(Locale.ROOT,
            " (%d batches identical, %d records one by one; not comparable: %d records removed by compaction)",
            identical, records, removed) : "";
        final String extent = String.format(Locale.ROOT, "%d of %d partitions, %d batches, %s compared%s%s%s",
            compared, report.partitions().size(), batches, bytes(bytes), report.isDeep() ? ", every byte" : "",
            byRecord,
            lag > 0 ? "; the shadow is " + lag + " offsets behind" : "");
        if (report.isIdentical())
        {
            return (batches == 0 ? "nothing to compare: " : isRewritten ? "no difference: " : "identical: ") +
                extent;
        }
        final String failed = errors > 0 ? ", " + errors + " not verified to the end" : "";
        return "NOT IDENTICAL: " + differences + (differences == 1 ? " difference" : " differences") + " in " +
            different + (different == 1 ? " partition" : " partitions") + failed + "; " + extent;
    }

    private static String bytes(final long bytes)
    {
        if (bytes < 1024)
        {
            return bytes + " B";
        }
        double value = bytes / 1024.0;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1)
        {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    private static void line(final StringBuilder text, final String line)
    {
        text.append(line).append(System.lineSeparator());
    }
}
