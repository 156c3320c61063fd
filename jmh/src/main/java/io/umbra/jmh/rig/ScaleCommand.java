package io.umbra.jmh.rig;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench scale}: how the rate of a catch-up changes with shards, partitions, record size and compression. One
 * of them changes at a time, the others stay as in the first line of the table.
 */
@Command(
    name = "scale",
    description = "Catches up while one of shards, partitions, record size and compression changes.",
    mixinStandardHelpOptions = true)
final class ScaleCommand implements Callable<Integer>
{
    private static final long GIB = 1L << 30;
    private static final int LARGE_RECORD = 1 << 20;

    @Mixin
    private RigOptions rig;

    @Option(names = "--gib", description = "Backlog in GiB; default: ${DEFAULT-VALUE}.")
    private double gib = 2;

    @Option(names = "--rounds", description = "Counted rounds, after one that is not; default: ${DEFAULT-VALUE}.")
    private int rounds = 2;

    @Option(names = "--shards", split = ",", description = "default: 1,2,4")
    private List<Integer> shards = List.of(1, 2, 4);

    @Option(names = "--partitions", split = ",", description = "default: 6,100,1000,10000")
    private List<Integer> partitions = List.of(6, 100, 1000, 10_000);

    @Option(names = "--record-sizes", split = ",", description = "default: 100,1024,10240,1048576")
    private List<Integer> recordSizes = List.of(100, 1024, 10 << 10, LARGE_RECORD);

    @Option(names = "--compressions", split = ",", description = "default: none,lz4,zstd")
    private List<String> compressions = List.of("none", "lz4", "zstd");

    private int topics;

    /**
     * One line of the table.
     *
     * @param shards      of the engine.
     * @param partitions  of the topic.
     * @param recordSize  bytes.
     * @param compression of the producers.
     * @param umbra       medians.
     * @param relative    throughput as a part of the first line's.
     */
    record Result(
        int shards, int partitions, int recordSize, String compression, Row.Result umbra, double relative)
    {
    }

    /**
     * The document.
     *
     * @param results     line by line.
     * @param environment the machine.
     */
    record Document(List<Result> results, Map<String, String> environment)
    {
    }

    private record Case(int shards, int partitions, int recordSize, String compression)
    {
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call() throws Exception
    {
        final Path folder = rig.createFolder();
        try (Source source = Source.launch(folder.resolve("source"), 1))
        {
            final List<Result> results = new ArrayList<>();
            for (final Case scaled : cases())
            {
                final Row.Result umbra = measure(source, folder, scaled);
                final double base = results.isEmpty() ? umbra.gibPerSecond() : results.get(0).umbra().gibPerSecond();
                results.add(new Result(scaled.shards, scaled.partitions, scaled.recordSize, scaled.compression, umbra,
                    Row.rounded(umbra.gibPerSecond() / base)));
                rig.say("%s", line(results.get(results.size() - 1)));
            }
            rig.report(new Document(results, Environment.describe(folder)),
                results.stream().map(ScaleCommand::line).toList());
            return 0;
        }
        finally
        {
            Folders.delete(folder);
        }
    }

    /** The first value of each list is where it stays while others change; the cores' number for the shards. */
    private List<Case> cases()
    {
        final int baseShards = Runtime.getRuntime().availableProcessors();
        final Case base = new Case(baseShards, partitions.get(0), 1024, compressions.get(0));
        final List<Case> cases = new ArrayList<>(List.of(base));
        shards.forEach((count) -> cases.add(new Case(count, base.partitions, base.recordSize, base.compression)));
        partitions.forEach((count) -> cases.add(new Case(base.shards, count, base.recordSize, base.compression)));
        recordSizes.forEach((size) -> cases.add(new Case(base.shards, base.partitions, size, base.compression)));
        compressions.forEach((codec) -> cases.add(new Case(base.shards, base.partitions, base.recordSize, codec)));
        return cases.stream().distinct().toList();
    }

    private Row.Result measure(final Source source, final Path folder, final Case scaled)
        throws IOException, InterruptedException
    {
        final String topic = "scale-" + topics++;
        source.createTopic(topic, scaled.partitions);
        final Source.Load load =
            source.fill(topic, scaled.partitions, (long)(gib * GIB), scaled.recordSize, scaled.compression);
        final List<Path> segments = Folders.segments(source.cluster().logDir(Source.LEADER), topic);
        final UmbraContender umbra = new UmbraContender("umbra", source, load, folder,
            rig.umbra().with("shards", Integer.toString(scaled.shards)));
        final Row row = new Row(umbra.name());
        for (int round = 0; round <= rounds; round++)
        {
            Environment.settle(segments);
            final Measurement measurement = umbra.run();
            if (round > 0)
            {
                row.add(measurement);
            }
        }
        source.deleteTopic(topic);
        return row.result();
    }

    private static String line(final Result result)
    {
        return String.format("shards %2d  partitions %5d  records of %7d bytes  %-4s  %6.3f GiB/s  %8.0f records/s  " +
            "%5.2f CPU-s/GiB  %5d MiB  %5.2f", result.shards(), result.partitions(), result.recordSize(),
            result.compression(), result.umbra().gibPerSecond(), result.umbra().recordsPerSecond(),
            result.umbra().cpuSecondsPerGib(), result.umbra().peakRssMib(), result.relative());
    }
}
