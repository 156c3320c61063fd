package io.umbra.jmh.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A consumer of librdkafka: {@code kcat} into {@code /dev/null}, where it is installed. It starts in milliseconds and
 * has nothing to warm up, so that its whole life is measured.
 */
record LibrdkafkaContender(Source source, Source.Load load, Path folder) implements Contender
{
    private static final long POLL_MS = 5;

    @Override
    public String name()
    {
        return "librdkafka";
    }

    @Override
    public Measurement run() throws IOException, InterruptedException
    {
        if (!Files.isExecutable(Path.of("/usr/bin/kcat")))
        {
            return null;
        }
        final long startNs = System.nanoTime();
        try (Child child = Child.start(Path.of("/dev/null"), List.of("kcat", "-C", "-b", source.bootstrapServers(),
            "-t", load.topic(), "-o", "beginning", "-e", "-q", "-D", "",
            "-X", "fetch.message.max.bytes=4194304", "-X", "fetch.max.bytes=16777216",
            "-X", "queued.min.messages=1000000", "-X", "queued.max.messages.kbytes=262144", "-X", "check.crcs=true")))
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
                    // Between the two calls it has ended.
                    continue;
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            }
            return new Measurement(
                (System.nanoTime() - startNs) / 1e9, load.bytes(), load.records(), cpuSeconds, peakRssMib);
        }
    }
}
