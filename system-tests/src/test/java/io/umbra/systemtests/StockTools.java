package io.umbra.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs Kafka's own {@code DumpLogSegments} over partition directories, each time in a process of its own. The tool
 * exits with 0 whatever it finds; the verdict is taken from what it prints.
 */
final class StockTools
{
    private static final String DUMP_LOG_SEGMENTS = "org.apache.kafka.tools.DumpLogSegments";
    private static final int FILES_PER_RUN = 300;
    private static final int MAX_MESSAGE_BYTES = 128 * 1024 * 1024;
    /** What the tool prints about things that are not as they should be; the first group is a single line. */
    private static final Pattern FINDING = Pattern.compile(
        " isvalid: false|invalid bytes at the end|Mismatches in :|Found timestamp mismatch|" +
        "Found out of order timestamp|indexed offsets are not found|Ignoring unknown file|Exception|^Error",
        Pattern.CASE_INSENSITIVE);
    private static final Pattern GAP = Pattern.compile("^ {2}(-?\\d+) is followed by (\\d+)$");

    private StockTools()
    {
    }

    /**
     * What the tool found.
     *
     * @param findings lines that say something is wrong.
     * @param batches  number of record batches that it went through.
     * @param sane     number of indexes that passed the sanity check.
     */
    record Verdict(List<String> findings, long batches, long sane)
    {
        Verdict plus(final Verdict other)
        {
            final List<String> all = new ArrayList<>(findings);
            all.addAll(other.findings);
            return new Verdict(all, batches + other.batches, sane + other.sane);
        }
    }

    /**
     * Deep iteration over every segment, sanity check and full check of every index, transaction index and snapshot.
     */
    static Verdict checkPartitions(final List<Path> partitionDirs) throws IOException, InterruptedException
    {
        final List<Path> logs = new ArrayList<>();
        final List<Path> indexes = new ArrayList<>();
        final List<Path> others = new ArrayList<>();
        for (final Path dir : partitionDirs)
        {
            logs.addAll(files(dir, ".log"));
            indexes.addAll(files(dir, ".index"));
            indexes.addAll(files(dir, ".timeindex"));
            others.addAll(files(dir, ".txnindex"));
            others.addAll(files(dir, ".snapshot"));
        }
        return dump(logs, "--deep-iteration")
            .plus(dump(indexes, "--index-sanity-check"))
            .plus(dump(indexes, "--verify-index-only"))
            .plus(dump(others));
    }

    /** The partition directories of a journal. */
    static List<Path> partitionDirs(final Path journalDir) throws IOException
    {
        try (Stream<Path> dirs = Files.list(journalDir))
        {
            return dirs.filter((dir) -> Files.exists(dir.resolve("partition.metadata"))).sorted().toList();
        }
    }

    static Verdict dump(final List<Path> files, final String... options) throws IOException, InterruptedException
    {
        Verdict verdict = new Verdict(List.of(), 0, 0);
        for (int from = 0; from < files.size(); from += FILES_PER_RUN)
        {
            final List<Path> some = files.subList(from, Math.min(files.size(), from + FILES_PER_RUN));
            verdict = verdict.plus(dumpOnce(some, options));
        }
        return verdict;
    }

    private static Verdict dumpOnce(final List<Path> files, final String... options)
        throws IOException, InterruptedException
    {
        final List<String> command = command(DUMP_LOG_SEGMENTS,
            "--max-message-size", Integer.toString(MAX_MESSAGE_BYTES),
            "--files", String.join(",", files.stream().map(Path::toString).toList()));
        command.addAll(List.of(options));
        return judge(UmbraCommand.run(command));
    }

    /** How any of Kafka's tools is run. */
    static List<String> command(final String mainClass, final String... arguments)
    {
        final List<String> command = new ArrayList<>(List.of(
            JavaCommand.java().toString(), "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"));
        command.addAll(SharedClasses.brokerOptions());
        command.addAll(List.of("-cp", SharedClasses.classPath(), mainClass));
        command.addAll(List.of(arguments));
        return command;
    }

    private static Verdict judge(final UmbraCommand.Result result)
    {
        final List<String> findings = new ArrayList<>();
        if (0 != result.exit())
        {
            findings.add("exit code " + result.exit());
        }
        Stream.concat(result.out().lines(), result.err().lines())
            .filter((line) -> FINDING.matcher(line).find() || isGap(line))
            .forEach(findings::add);
        return new Verdict(findings,
            result.out().lines().filter((line) -> line.startsWith("baseOffset: ")).count(),
            result.out().lines().filter((line) -> line.endsWith(" passed sanity check.")).count());
    }

    /** The tool starts each file at -1, and so reports the first record of every segment but the first as a gap. */
    private static boolean isGap(final String line)
    {
        final Matcher matcher = GAP.matcher(line);
        return matcher.matches() && !"-1".equals(matcher.group(1));
    }

    private static List<Path> files(final Path dir, final String suffix) throws IOException
    {
        try (Stream<Path> files = Files.list(dir))
        {
            return files.filter((file) -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }
}
