package io.umbra.jmh.rig;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The machine beside the results, and its memory brought into the state of one that has been up for long.
 */
final class Environment
{
    private static final int KIB_PER_MIB = 1024;

    private Environment()
    {
    }

    /**
     * What to store beside results.
     *
     * @param folder that was written to.
     * @return values by name.
     * @throws IOException if the machine does not say.
     */
    static Map<String, String> describe(final Path folder) throws IOException
    {
        final Map<String, String> environment = new LinkedHashMap<>();
        environment.put("date", Instant.now().toString());
        environment.put("cpu", value("/proc/cpuinfo", "model name"));
        environment.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        environment.put("memoryMib", Long.toString(mib("MemTotal")));
        environment.put("kernel", System.getProperty("os.version"));
        environment.put("jdk", System.getProperty("java.vm.name") + ' ' + System.getProperty("java.vm.version"));
        environment.put("disk", Files.getFileStore(folder) + " " + Files.getFileStore(folder).type());
        environment.put("commit", output(
            "git", "-C", System.getProperty("umbra.root"), "describe", "--always", "--dirty"));
        environment.put("kafka", org.apache.kafka.common.utils.AppInfoParser.getVersion());
        environment.put("librdkafka", Files.isExecutable(Path.of("/usr/bin/kcat")) ?
            output("sh", "-c", "kcat -V | sed -n 's/.*librdkafka \\([0-9.]*\\).*/\\1/p'") : "not installed");
        return environment;
    }

    /**
     * Waits until nothing is left to be written to any disk, and reads what is to be copied into the page cache, where
     * a machine that reclaims what has not been read for minutes may no longer have it.
     *
     * @param segments of the source.
     * @throws IOException          if that fails.
     * @throws InterruptedException if interrupted.
     */
    static void settle(final List<Path> segments) throws IOException, InterruptedException
    {
        Child.run("sync");
        final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
        for (final Path segment : segments)
        {
            try (FileChannel channel = FileChannel.open(segment))
            {
                while (channel.read(buffer.clear()) >= 0)
                {
                    // The page cache has it.
                    buffer.flip();
                }
            }
        }
    }

    private static long mib(final String field) throws IOException
    {
        return Long.parseLong(value("/proc/meminfo", field).replaceAll("\\D", "")) / KIB_PER_MIB;
    }

    private static String value(final String file, final String field) throws IOException
    {
        final List<String> lines = Files.readAllLines(Path.of(file));
        return lines.stream()
            .filter((line) -> line.startsWith(field))
            .map((line) -> line.substring(line.indexOf(':') + 1).trim())
            .findFirst()
            .orElse("unknown");
    }

    private static String output(final String... command) throws IOException
    {
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8))
        {
            final String line = reader.readLine();
            return null == line ? "unknown" : line;
        }
    }
}
