package io.umbra.jmh.rig;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code bench catchup}: how fast a backlog is copied, by Umbra, by its peers, and by what bounds them all.
 */
@Command(
    name = "catchup",
    description = "Copies a backlog, in turns: the bare limits, the device, Umbra, Kafka's follower, MirrorMaker 2, " +
        "librdkafka. Medians over the rounds.",
    mixinStandardHelpOptions = true)
final class CatchupCommand implements Callable<Integer>
{
    private static final String TOPIC = "bench";
    private static final int MAX_WARM_UP_PERCENT = 95;

    @Mixin
    private RigOptions rig;

    @Spec
    private CommandSpec spec;

    @Option(names = "--gib", description = "Backlog in GiB; default: ${DEFAULT-VALUE}.")
    private double gib = 8;

    @Option(names = "--partitions", description = "Partitions of the topic; default: ${DEFAULT-VALUE}.")
    private int partitions = 6;

    @Option(names = "--record-size", description = "Bytes of a record's value; default: ${DEFAULT-VALUE}.")
    private int recordSize = 1024;

    @Option(names = "--compression", description = "Of the producers; default: ${DEFAULT-VALUE}.")
    private String compression = "none";

    @Option(names = "--rounds", description = "Counted rounds, after one that is not; default: ${DEFAULT-VALUE}.")
    private int rounds = 3;

    @Option(names = "--warm-up", paramLabel = "PERCENT",
        description = "Part of the backlog that does not count: a JVM compiles meanwhile; default: ${DEFAULT-VALUE}.")
    private int warmUpPercent = Span.WARM_UP_PERCENT;

    @Option(names = "--contenders", split = ",",
        description = "Of bare, copy, device, umbra, follower, mm2, librdkafka; default: all but copy.")
    private List<String> contenders = List.of("bare", "device", "umbra", "follower", "mm2", "librdkafka");

    @Option(names = "--variant", paramLabel = "NAME:ITEM[;ITEM...]",
        description = "One more Umbra to measure in the same run; may be repeated. An item is KEY=VALUE, a setting " +
            "of the link; -OPTION, an option for its JVM; or a directory, another working copy of Umbra to run.")
    private List<String> variants = List.of();

    /**
     * The document.
     *
     * @param rows        a row for each contender.
     * @param ratios      of throughput, Umbra's to that of others.
     * @param load        what was copied.
     * @param environment the machine.
     */
    record Document(
        List<Row.Result> rows, Map<String, Double> ratios, Map<String, Object> load, Map<String, String> environment)
    {
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call() throws Exception
    {
        checkOptions();
        final Path folder = rig.createFolder();
        try (Source source = Source.launch(folder.resolve("source"), contenders.contains("follower") ? 2 : 1))
        {
            rig.say("source: writing %.1f GiB into %d partitions, records of %d bytes, compression %s",
                gib, partitions, recordSize, compression);
            source.createTopic(TOPIC, partitions);
            final Source.Load load = source
                .fill(TOPIC, partitions, (long)(gib * (1L << 30)), recordSize, compression)
                .withWarmUp(warmUpPercent);
            rig.say("source: %d records, %d bytes", load.records(), load.bytes());
            final List<Row> rows = new ArrayList<>();
            final List<Contender> list = contenders(source, load, folder);
            list.forEach((contender) -> rows.add(new Row(contender.name())));
            final List<Path> segments = Folders.segments(source.cluster().logDir(Source.LEADER), TOPIC);
            for (int round = 0; round <= rounds; round++)
            {
                for (int i = 0; i < list.size(); i++)
                {
                    measure(list.get(i), round, rows.get(i), segments);
                }
            }
            rows.removeIf(Row::isEmpty);
            report(rows, load, Environment.describe(folder));
            return 0;
        }
        finally
        {
            Folders.delete(folder);
        }
    }

    private void checkOptions()
    {
        if (warmUpPercent < 0 || warmUpPercent > MAX_WARM_UP_PERCENT)
        {
            throw new CommandLine.ParameterException(spec.commandLine(),
                "--warm-up: " + warmUpPercent + " is not between 0 and " + MAX_WARM_UP_PERCENT);
        }
        for (final String variant : variants)
        {
            try
            {
                rig.umbra().variant(variant);
            }
            catch (final IllegalArgumentException ex)
            {
                throw new CommandLine.ParameterException(spec.commandLine(), "--variant: " + ex.getMessage(), ex);
            }
        }
    }

    private List<Contender> contenders(final Source source, final Source.Load load, final Path folder)
    {
        final List<Contender> all = List.of(
            new BareContender(source, load, folder, false),
            new BareContender(source, load, folder, true),
            new DeviceContender(load, folder),
            new UmbraContender("umbra", source, load, folder, rig.umbra()),
            new FollowerContender(source, load),
            new MirrorMakerContender(source, load, folder),
            new LibrdkafkaContender(source, load, folder));
        final List<Contender> chosen = new ArrayList<>(
            all.stream().filter((contender) -> contenders.contains(contender.name())).toList());
        for (final String variant : variants)
        {
            final UmbraSetup.Variant other = rig.umbra().variant(variant);
            chosen.add(new UmbraContender(other.name(), source, load, folder, other.setup()));
        }
        return chosen;
    }

    /** The first round warms up the source and the page cache, and is not counted. */
    private void measure(final Contender contender, final int round, final Row row, final List<Path> segments)
        throws IOException, InterruptedException
    {
        if (0 == round && "mm2".equals(contender.name()))
        {
            // It takes ten times as long as all others, and has its own half to warm up in.
            return;
        }
        Environment.settle(segments);
        final Measurement measurement = contender.run();
        if (null == measurement)
        {
            rig.say("%s: not installed", contender.name());
            return;
        }
        rig.say("round %d: %-12s %6.3f GiB/s %5.2f CPU-s/GiB %5d MiB", round, contender.name(),
            measurement.gibPerSecond(), measurement.cpuSecondsPerGib(), measurement.peakRssMib());
        if (round > 0)
        {
            row.add(measurement);
        }
    }

    private void report(final List<Row> rows, final Source.Load load, final Map<String, String> environment)
        throws IOException
    {
        final Map<String, Double> ratios = new LinkedHashMap<>();
        final Row umbra = rows.stream().filter((row) -> "umbra".equals(row.name())).findFirst().orElse(null);
        final List<String> table = new ArrayList<>();
        table.add(String.format("%-12s %8s %12s %11s %9s", "", "GiB/s", "records/s", "CPU-s/GiB", "peak MiB"));
        for (final Row row : rows)
        {
            final Row.Result result = row.result();
            table.add(String.format("%-12s %8.3f %12.0f %11.2f %9d", result.name(), result.gibPerSecond(),
                result.recordsPerSecond(), result.cpuSecondsPerGib(), result.peakRssMib()));
            if (null != umbra && row != umbra)
            {
                ratios.put("umbra/" + row.name(), Row.rounded(umbra.gibPerSecond() / row.gibPerSecond()));
            }
        }
        ratios.forEach((name, ratio) -> table.add(String.format("%-20s %6.2f", name, ratio)));
        final Map<String, Object> loadFields = new LinkedHashMap<>();
        loadFields.put("partitions", load.partitions());
        loadFields.put("records", load.records());
        loadFields.put("bytes", load.bytes());
        loadFields.put("recordSize", recordSize);
        loadFields.put("compression", compression);
        loadFields.put("warmUpPercent", warmUpPercent);
        loadFields.put("settings", rig.umbra().settings());
        loadFields.put("variants", variants);
        rig.report(
            new Document(rows.stream().map(Row::result).toList(), ratios, loadFields, environment), table);
    }
}
