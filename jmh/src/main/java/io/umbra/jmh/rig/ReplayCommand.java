package io.umbra.jmh.rig;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * {@code bench replay}: how fast what a flight recorder has recorded is journaled anew, so that an hour of production
 * or an incident is the load. Variants and other working copies are measured in the same run, in turns.
 */
@Command(
    name = "replay",
    description = "Journals what a flight recorder has recorded, with umbra replay rebuild: the whole command, from " +
        "its start to its end.",
    mixinStandardHelpOptions = true)
final class ReplayCommand implements Callable<Integer>
{
    private static final long POLL_MS = 20;

    @Spec
    private CommandSpec spec;

    @Mixin
    private RigOptions rig;

    @Option(names = "--archive", paramLabel = "DIR", required = true,
        description = "Directory of the recordings, archive.dir of a link.")
    private Path archive;

    @Option(names = "--rounds", description = "Counted rounds, after one that is not; default: ${DEFAULT-VALUE}.")
    private int rounds = 3;

    @Option(names = "--speed", paramLabel = "max|1x|10x",
        description = "As fast as it goes, or in the time that it took, or a tenth of it; default: ${DEFAULT-VALUE}.")
    private String speed = "max";

    @Option(names = "--variant", paramLabel = "NAME:ITEM[;ITEM...]",
        description = "One more Umbra to measure in the same run; may be repeated. An item is -OPTION, an option for " +
            "its JVM; or a directory, another working copy of Umbra to run.")
    private List<String> variants = List.of();

    /**
     * One Umbra.
     *
     * @param name             of it.
     * @param seconds          median.
     * @param gibPerSecond     median; of record batches.
     * @param cpuSecondsPerGib median; user and system time of its process.
     * @param peakRssMib       highest of all rounds.
     * @param rounds           GiB/s of each.
     */
    record Result(
        String name,
        double seconds,
        double gibPerSecond,
        double cpuSecondsPerGib,
        long peakRssMib,
        List<Double> rounds)
    {
    }

    /**
     * The document.
     *
     * @param rows        an Umbra each.
     * @param load        what was replayed.
     * @param environment the machine.
     */
    record Document(List<Result> rows, Map<String, Object> load, Map<String, String> environment)
    {
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call() throws Exception
    {
        if (!Files.isDirectory(archive))
        {
            throw new CommandLine.ParameterException(
                spec.commandLine(), "--archive " + archive + ": allowed is the directory of a recording");
        }
        final Map<Row, UmbraSetup> rows = rows();
        final Path folder = rig.createFolder();
        try
        {
            long bytes = 0;
            for (int round = 0; round <= rounds; round++)
            {
                for (final Map.Entry<Row, UmbraSetup> entry : rows.entrySet())
                {
                    final Measurement measurement = run(entry.getValue(), folder);
                    bytes = measurement.bytes();
                    rig.say("round %d: %-12s %6.3f GiB/s %5.2f CPU-s/GiB %5d MiB", round, entry.getKey().name(),
                        measurement.gibPerSecond(), measurement.cpuSecondsPerGib(), measurement.peakRssMib());
                    if (round > 0)
                    {
                        entry.getKey().add(measurement);
                    }
                }
            }
            report(new ArrayList<>(rows.keySet()), bytes, folder);
            return 0;
        }
        finally
        {
            Folders.delete(folder);
        }
    }

    private Map<Row, UmbraSetup> rows()
    {
        final Map<Row, UmbraSetup> rows = new LinkedHashMap<>();
        rows.put(new Row("umbra"), rig.umbra());
        for (final String variant : variants)
        {
            try
            {
                final UmbraSetup.Variant other = rig.umbra().variant(variant);
                rows.put(new Row(other.name()), other.setup());
            }
            catch (final IllegalArgumentException ex)
            {
                throw new CommandLine.ParameterException(spec.commandLine(), "--variant: " + ex.getMessage(), ex);
            }
        }
        return rows;
    }

    private Measurement run(final UmbraSetup setup, final Path folder) throws IOException, InterruptedException
    {
        Environment.settle(recordings());
        final Path home = Files.createTempDirectory(folder, "replay");
        final Path journal = home.resolve("journal");
        final List<String> command = setup.command("replay", "rebuild",
            "--archive", archive.toAbsolutePath().toString(), "--into", journal.toString(), "--speed", speed);
        final long beganNs = System.nanoTime();
        try (Child child = Child.start(home.resolve("log"), command))
        {
            double cpuSeconds = 0;
            long peakRssMib = 0;
            while (child.isAlive())
            {
                try
                {
                    cpuSeconds = Proc.cpuSeconds(child.pid());
                    peakRssMib = Math.max(peakRssMib, Proc.peakRssMib(child.pid()));
                }
                catch (final IOException ex)
                {
                    // It has ended just now: the values of the last look stand.
                    break;
                }
                Thread.sleep(POLL_MS);
            }
            final int exit = child.awaitExit();
            final double seconds = (System.nanoTime() - beganNs) / 1e9;
            if (0 != exit)
            {
                throw new IOException("umbra replay rebuild ended with " + exit + ":\n" + child.output());
            }
            return new Measurement(seconds, logBytes(journal), 0, cpuSeconds, peakRssMib);
        }
        finally
        {
            Folders.delete(home);
        }
    }

    private List<Path> recordings() throws IOException
    {
        try (Stream<Path> files = Files.list(archive))
        {
            return files.filter((file) -> file.toString().endsWith(".rec")).toList();
        }
    }

    private static long logBytes(final Path journal) throws IOException
    {
        try (Stream<Path> files = Files.walk(journal))
        {
            long bytes = 0;
            for (final Path file : files.filter((path) -> path.toString().endsWith(".log")).toList())
            {
                bytes += Files.size(file);
            }
            return bytes;
        }
    }

    private void report(final List<Row> rows, final long bytes, final Path folder) throws IOException
    {
        final List<Result> results = rows.stream()
            .map((row) ->
            {
                final Row.Result result = row.result();
                return new Result(row.name(), Row.rounded(row.seconds()), result.gibPerSecond(),
                    result.cpuSecondsPerGib(), result.peakRssMib(), result.rounds());
            })
            .toList();
        final Map<String, Object> load = new LinkedHashMap<>();
        load.put("bytes", bytes);
        load.put("speed", speed);
        load.put("variants", variants);
        rig.report(new Document(results, load, Environment.describe(folder)), results.stream()
            .map((row) -> String.format("%-12s %8.3f s %6.3f GiB/s %5.2f CPU-s/GiB %5d MiB", row.name(), row.seconds(),
                row.gibPerSecond(), row.cpuSecondsPerGib(), row.peakRssMib()))
            .toList());
    }
}
