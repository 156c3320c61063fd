package io.umbra.engine.promotion;

import io.umbra.engine.status.StatusText;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A report for people, in plain lines.
 */
public final class ReportText
{
    private static final String HEAD = "%-40s %12s %12s %6s %16s %12s %8s%n";
    private static final String ROW = "%-40s %12d %12d %6d %16s %12s %8s%n";

    private final PromotionReport report;
    private final StringBuilder text = new StringBuilder();

    private ReportText(final PromotionReport report)
    {
        this.report = report;
    }

    /**
     * All of it.
     *
     * @param report to be told.
     * @return lines, each with its end.
     */
    public static String of(final PromotionReport report)
    {
        final ReportText writer = new ReportText(report);
        writer.head();
        writer.loss();
        writer.partitions();
        writer.list("transactions " + (report.isDryRun() ? "to be aborted" : "aborted"), report.transactions(),
            (transaction) -> transaction.topic() + "-" + transaction.partition() + ": producer id " +
                transaction.producerId() + ", epoch " + transaction.producerEpoch() + ", first offset " +
                transaction.firstOffset());
        writer.list("groups", report.groups(),
            (group) -> group.group() + " (" + group.type() + "): " + group.offsets() + " offsets");
        writer.list("offsets to look at", report.movedOffsets(),
            (offset) -> offset.group() + " in " + offset.topic() + "-" + offset.partition() + ": " +
                offset.committed() + (offset.promoted() < 0 ? " is not carried over" :
                offset.promoted() == offset.committed() ? "" : " becomes " + offset.promoted()) +
                ", " + offset.reason());
        writer.list("settings that are not as at the source", report.configChanges(),
            (change) -> change.topic() + ": " + change.name() + "=" + change.source() +
                (null == change.value() ? " is dropped" : " becomes " + change.value()) + ", " + change.reason());
        writer.list("not carried over", report.notCarried(), Function.identity());
        writer.foot();

        return writer.text.toString();
    }

    private void head()
    {
        line("Promotion of link " + report.link() + (report.isDryRun() ? ", a plan: nothing has been changed" : ""));
        line("mode             " + report.mode() + (null == report.asOf() ? "" : ", as of " + report.asOf()));
        line("cut at           " + report.time() + ", engine " + report.engine());
        line("source cluster   " + report.sourceClusterId());
        if (null != report.clusterId())
        {
            line("new cluster      " + report.clusterId());
        }
        line("metadata version " + report.metadataVersion());
        for (final PromotionReport.Node node : report.nodes())
        {
            line("node " + node.nodeId() + "           " + node.target() + " from " + node.journalDir() + ", " +
                node.bootstrapServers());
        }
        line("producer ids     from " + report.nextProducerId());
        line("access rules     " + report.accessRules() + ", quotas " + report.quotas());
        line("logs             " + StatusText.bytes(report.bytes().linked()) + " linked, " +
            StatusText.bytes(report.bytes().copied()) + " copied (--" + report.transfer() + ")");
    }

    private void loss()
    {
        final PromotionReport.Loss loss = report.loss();
        line("known loss       " + loss.records() + " records" +
            (loss.records() > 0 ? ", the oldest was " + loss.ms() + " ms old" : ""));
        line("source last seen " + (null == loss.lastSeen() ? "never" :
            loss.lastSeen() + ", " + loss.unknownMs() + " ms before the cut: what it took in since then is not known"));
    }

    private void partitions()
    {
        text.append('\n').append(String.format(Locale.ROOT, HEAD,
            "partition", "start", "end", "epoch", "digest", "source end", "missing"));
        for (final PromotionReport.Topic topic : report.topics())
        {
            for (final PromotionReport.Partition partition : topic.partitions())
            {
                text.append(String.format(Locale.ROOT, ROW,
                    topic.name() + "-" + partition.partition(),
                    partition.logStartOffset(),
                    partition.promotedEndOffset(),
                    partition.leaderEpoch(),
                    partition.digest(),
                    number(partition.sourceHighWatermark()),
                    number(partition.lossRecords())));
                if (null != partition.damage())
                {
                    line("    damaged: " + partition.damage());
                }
            }
        }
    }

    private static String number(final long value)
    {
        return value < 0 ? "?" : Long.toString(value);
    }

    private <T> void list(final String title, final List<T> items, final Function<T, String> form)
    {
        if (!items.isEmpty())
        {
            text.append('\n');
            line(items.size() + " " + title);
            items.forEach((item) -> line("    " + form.apply(item)));
        }
    }

    private void foot()
    {
        text.append('\n');
        report.durationsMs().forEach((phase, ms) -> line(String.format(Locale.ROOT, "%-16s %d ms", phase, ms)));
        if (null != report.checksums())
        {
            text.append('\n');
            report.checksums().forEach((name, sum) -> line(sum + "  " + name));
        }
    }

    private void line(final String line)
    {
        text.append(line).append('\n');
    }
}
