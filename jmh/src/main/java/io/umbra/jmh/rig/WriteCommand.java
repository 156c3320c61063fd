package io.umbra.jmh.rig;

import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench write}: ways to put the frames of an IPC stream on the disk, in turns: the measurement behind the
 * journal's choice.
 */
@Command(
    name = "write",
    description = "Writes frames of 4 MiB in several ways, in turns: rate, processor time, and how long a write takes.",
    mixinStandardHelpOptions = true)
final class WriteCommand implements Callable<Integer>
{
    private static final int MIB_PER_FRAME = 4;
    private static final int FRAMES_PER_GIB = 256;
    private static final long POLL_MS = 1;

    @Mixin
    private RigOptions rig;

    @Option(names = "--gib", description = "To write in each round; default: ${DEFAULT-VALUE}.")
    private int gib = 4;

    @Option(names = "--rounds", description = "Counted rounds, after one that is not; default: ${DEFAULT-VALUE}.")
    private int rounds = 3;

    @Option(names = "--kinds", split = ",", description = "Of ${COMPLETION-CANDIDATES}; default: all.")
    private List<WriteVariant.Kind> kinds = List.of(WriteVariant.Kind.values());

    /**
     * One way to write.
     *
     * @param row     rates of the second half of each round.
     * @param writeMs how long one frame takes, in milliseconds, all rounds together.
     */
    record Result(Row.Result row, Map<String, Double> writeMs)
    {
    }

    /**
     * The document.
     *
     * @param results     way by way.
     * @param environment the machine.
     */
    record Document(List<Result> results, Map<String, String> environment)
    {
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call() throws Exception
    {
        final Path folder = rig.createFolder();
        try
        {
            final Map<WriteVariant.Kind, Row> rows = new LinkedHashMap<>();
            final Map<WriteVariant.Kind, Histogram> histograms = new LinkedHashMap<>();
            for (int round = 0; round <= rounds; round++)
            {
                for (final WriteVariant.Kind kind : kinds)
                {
                    final Histogram histogram = Latencies.histogram();
                    final Measurement measurement = run(kind, folder, histogram);
                    rig.say("round %d: %-10s %6.3f GiB/s %5.2f CPU-s/GiB", round, kind.name().toLowerCase(),
                        measurement.gibPerSecond(), measurement.cpuSecondsPerGib());
                    if (round > 0)
                    {
                        rows.computeIfAbsent(kind, (key) -> new Row(key.name().toLowerCase())).add(measurement);
                        histograms.computeIfAbsent(kind, (key) -> Latencies.histogram()).add(histogram);
                    }
                }
            }
            final List<Result> results = new ArrayList<>();
            rows.forEach((kind, row) ->
                results.add(new Result(row.result(), Latencies.percentiles(histograms.get(kind)))));
            rig.report(new Document(results, Environment.describe(folder)),
                results.stream().map(WriteCommand::line).toList());
            return 0;
        }
        finally
        {
            Folders.delete(folder);
        }
    }

    private Measurement run(final WriteVariant.Kind kind, final Path folder, final Histogram histogram)
        throws IOException, InterruptedException
    {
        Environment.settle(List.of());
        final Path home = Files.createTempDirectory(folder, "write");
        final Path countFile = home.resolve("count");
        final Path histogramFile = home.resolve("histogram");
        final SharedCount count = new SharedCount(countFile);
        final long frames = (long)gib * FRAMES_PER_GIB;
        final List<String> options = List.of("-Xmx64m", "-XX:MaxDirectMemorySize=256m");
        try (Child child = Child.java(home.resolve("log"), options, WriteVariant.class.getName(), kind.name(),
            home.toString(), Long.toString(frames), countFile.toString(), histogramFile.toString()))
        {
            final Measurement measurement =
                new Span(frames, frames * MIB_PER_FRAME << 20, Span.WARM_UP_PERCENT, POLL_MS)
                    .measure(child, () -> Math.min(frames, count.get()));
            histogram.add(Latencies.read(histogramFile));
            return measurement;
        }
        finally
        {
            Folders.delete(home);
        }
    }

    private static String line(final Result result)
    {
        return String.format("%-10s %6.3f GiB/s %5.2f CPU-s/GiB   a frame: %s ms", result.row().name(),
            result.row().gibPerSecond(), result.row().cpuSecondsPerGib(), result.writeMs());
    }
}
