package io.umbra.engine.demo;

import io.umbra.engine.promotion.BrokerClassPath;
import io.umbra.engine.status.StatusReport;
import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ProducerVariant;
import io.umbra.rig.TopicSpec;
import io.umbra.rig.Workload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The whole story: a real Kafka cluster, a live workload, the engine in a process of its own, kill -9 and a restart
 * under load, a verification of every byte, and the end of the source, after which the shadow takes over. Everything is
 * under one temporary folder, save for the media driver's shared memory. For one thread.
 */
public final class Demo
{
    private static final long POLL_NS = 20_000_000L;
    private static final long PROGRESS_MS = 500;
    private static final long STALL_TIMEOUT_MS = 60_000;
    private static final long STOP_TIMEOUT_MS = 10_000;
    /** A pace that leaves a small machine room for broker, producers and engine. */
    private static final long LIVE_BYTES_PER_SECOND = 16L << 20;
    private static final long BACKLOG_BYTES = 256L << 20;
    private static final long BACKLOG_TIMEOUT_MS = 10_000;
    private static final String LINK = "demo";
    private static final List<TopicSpec> TOPICS = List.of(
        TopicSpec.of("orders", 6),
        TopicSpec.of("payments", 4).with("message.timestamp.type", "LogAppendTime"),
        TopicSpec.of("clicks", 8),
        TopicSpec.of("audit", 1));

    private final DemoOptions options;
    private final DemoOutput output;
    private final BooleanSupplier isInterrupted;
    private Path folder;

    private record CatchUp(long bytes, long ms)
    {
    }

    /**
     * A demo.
     *
     * @param options       chosen by the user.
     * @param output        to tell the story.
     * @param isInterrupted whether it was told to end; asked all the time.
     */
    public Demo(final DemoOptions options, final DemoOutput output, final BooleanSupplier isInterrupted)
    {
        this.options = options;
        this.output = output;
        this.isInterrupted = isInterrupted;
    }

    /**
     * Runs it; all its processes have ended when this returns or throws.
     *
     * @return what came out.
     * @throws DemoFailedException      when something broke; the folder stays, for its logs.
     * @throws DemoInterruptedException when it was told to end.
     */
    public DemoResult run()
    {
        boolean isKept = true;
        try
        {
            folder = Files.createTempDirectory("umbra-demo-");
            output.say("Everything is under " + folder);
            final DemoResult result = withCluster();
            isKept = options.isKeepingFiles() || !result.identical();

            return result;
        }
        catch (final DemoInterruptedException ex)
        {
            isKept = options.isKeepingFiles();
            throw ex;
        }
        catch (final IOException | RuntimeException ex)
        {
            if (isInterrupted.getAsBoolean())
            {
                // Ctrl-C reaches brokers and engine as well, and what they did about it is no failure.
                isKept = options.isKeepingFiles();
                throw new DemoInterruptedException();
            }
            if (ex instanceof DemoFailedException failed)
            {
                throw failed;
            }
            throw new DemoFailedException("the demo failed: " + ex.getMessage() + "; its files are in " + folder, ex);
        }
        finally
        {
            if (!isKept)
            {
                delete(folder);
            }
        }
    }

    private DemoResult withCluster() throws IOException
    {
        output.progress("starting Kafka");
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context()
            .brokers(options.brokers())
            .baseDir(folder.resolve("kafka"))
            .brokerClassPath(BrokerClassPath.get())))
        {
            output.say(String.format("Kafka: %d broker%s at %s, process%s %s",
                options.brokers(), 1 == options.brokers() ? "" : "s", cluster.bootstrapServers(),
                1 == options.brokers() ? "" : "es",
                String.join(", ", cluster.ids().stream().map((id) -> Long.toString(cluster.pid(id))).toList())));
            checkInterrupted();
            workload(cluster, 0, 0).createTopics();

            final Path journalDir = folder.resolve("journal");
            final DemoEngine engine = new DemoEngine(folder, LINK, cluster.bootstrapServers(), journalDir);
            try (engine)
            {
                return story(cluster, engine, journalDir, new ShadowProgress(journalDir, LINK));
            }
        }
    }

    private DemoResult story(
        final KafkaCluster cluster, final DemoEngine engine, final Path journalDir, final ShadowProgress shadow)
        throws IOException
    {
        start(engine, shadow);
        final StatusReport.Rpo rpo = live(cluster, engine, shadow);

        final long killed = engine.kill();
        output.say("Engine: kill -9 of process " + killed + "; the workload goes on without it, as fast as it can");
        final long restMs = backlog(cluster);
        final long firstBytesMs = start(engine, shadow);
        final CatchUp catchUp = catchUp(engine, shadow, restMs, firstBytesMs);

        output.progress("verifying every byte");
        final UmbraProcess verification = engine.run("verify", "--deep");
        waitUntil(() -> !verification.isAlive());
        final int verdict = verification.exitCode();
        if (verdict > 1)
        {
            throw verification.failed("ended with exit code " + verdict);
        }
        final String lastLine = lastLine(verification.output());
        final boolean isIdentical = 0 == verdict && lastLine.startsWith("identical");
        output.say("Verify: " + lastLine);
        final long records = shadow.records();
        final long bytes = shadow.bytes();
        output.progress("failing over");
        final DemoResult.Failover failover = new Failover(
            cluster, engine, folder, journalDir, output, this::waitUntil).run();
        if (!engine.terminate(STOP_TIMEOUT_MS))
        {
            throw engine.process().failed("did not stop in order within 10 s of SIGTERM");
        }

        return new DemoResult(
            options.brokers(),
            TOPICS.size(),
            partitions(),
            records,
            bytes,
            catchUp.bytes(),
            catchUp.ms(),
            catchUp.bytes() / (double) (1L << 30) / (catchUp.ms() / 1000.0),
            new DemoResult.Rpo(rpo.p50(), rpo.p99()),
            failover,
            isIdentical && failover.isNextRecord(),
            verification.output(),
            options.isKeepingFiles() || !isIdentical || !failover.isNextRecord() ? folder.toString() : null);
    }

    /** Returns when the engine is ready: the time of the first bytes, or of getting ready if there were none. */
    private long start(final DemoEngine engine, final ShadowProgress shadow)
    {
        output.progress("starting the engine");
        final UmbraProcess process = engine.start();
        final AtomicLong firstBytesMs = new AtomicLong();
        waitUntil(() ->
        {
            process.checkAlive();
            if (0 == firstBytesMs.get() && shadow.journaledBytes(process.pid()) > 0)
            {
                firstBytesMs.set(System.currentTimeMillis());
            }
            return process.output().startsWith("ready");
        });
        output.say("Engine: process " + process.pid() + " is ready");
        firstBytesMs.compareAndSet(0, System.currentTimeMillis());

        return firstBytesMs.get();
    }

    private StatusReport.Rpo live(final KafkaCluster cluster, final DemoEngine engine, final ShadowProgress shadow)
    {
        output.say(String.format("Workload: %d producers (all codecs, idempotent, transactions with aborts), %d s",
            ProducerVariant.mixed().size(), options.seconds()));
        final AtomicReference<StatusReport.Rpo> rpo = new AtomicReference<>();
        whileWorking(workload(cluster, 1, LIVE_BYTES_PER_SECOND), (workload) ->
        {
            final long endNs = System.nanoTime() + options.seconds() * 1_000_000_000L;
            waitUntil(() ->
            {
                engine.process().checkAlive();
                return System.nanoTime() - endNs >= 0;
            }, () -> shadow.line());
            rpo.set(shadow.status().report().rpoMs());
        });

        return rpo.get();
    }

    /** What gathers at the source while no engine runs; returns when that was over. */
    private long backlog(final KafkaCluster cluster)
    {
        whileWorking(workload(cluster, 2, 0), (workload) ->
        {
            final long endNs = System.nanoTime() + BACKLOG_TIMEOUT_MS * 1_000_000L;
            waitUntil(
                () -> workload.bytesSent() >= BACKLOG_BYTES || System.nanoTime() - endNs >= 0,
                () -> (workload.bytesSent() >> 20) + " MiB written while the engine is dead");
        });

        return System.currentTimeMillis();
    }

    private void whileWorking(final Workload workload, final Consumer<Workload> action)
    {
        workload.start();
        try
        {
            action.accept(workload);
            workload.stop();
        }
        catch (final RuntimeException ex)
        {
            // After Ctrl-C the brokers are gone already, and producers that flush would wait for them for minutes;
            // their threads end with the process.
            if (!isInterrupted.getAsBoolean())
            {
                workload.close();
            }
            throw ex;
        }
    }

    private CatchUp catchUp(
        final DemoEngine engine, final ShadowProgress shadow, final long restMs, final long firstBytesMs)
    {
        final UmbraProcess process = engine.process();
        final Stall stall = new Stall();
        waitUntil(() ->
        {
            process.checkAlive();
            if (stall.isStalled(shadow.journaledBytes(process.pid()), System.currentTimeMillis()))
            {
                throw process.failed("does not get any further (" + shadow.line() + ")");
            }
            return shadow.isComplete(partitions(), restMs);
        }, () -> shadow.line());

        return new CatchUp(
            shadow.journaledBytes(process.pid()), Math.max(1, shadow.lastCommitMs() - firstBytesMs));
    }

    private static Workload workload(final KafkaCluster cluster, final long seed, final long bytesPerSecond)
    {
        final Workload.Context context = new Workload.Context()
            .cluster(cluster)
            .seed(seed)
            .bytesPerSecond(bytesPerSecond);
        TOPICS.forEach(context::topic);

        return new Workload(context);
    }

    private static int partitions()
    {
        return TOPICS.stream().mapToInt(TopicSpec::partitions).sum();
    }

    private static String lastLine(final String text)
    {
        return text.strip().lines().reduce("", (first, second) -> second);
    }

    private void waitUntil(final BooleanSupplier condition)
    {
        waitUntil(condition, null);
    }

    private void waitUntil(final BooleanSupplier condition, final Progress progress)
    {
        long nextProgressMs = 0;
        while (!condition.getAsBoolean())
        {
            checkInterrupted();
            final long nowMs = System.currentTimeMillis();
            if (null != progress && nowMs >= nextProgressMs)
            {
                nextProgressMs = nowMs + PROGRESS_MS;
                output.progress(progress.line());
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private void checkInterrupted()
    {
        if (isInterrupted.getAsBoolean())
        {
            throw new DemoInterruptedException();
        }
    }

    private static void delete(final Path folder)
    {
        try (Stream<Path> files = Files.walk(folder))
        {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList())
            {
                Files.deleteIfExists(file);
            }
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException("cannot delete " + folder, ex);
        }
    }

    /** Tells when a number has stood still for too long. */
    private static final class Stall
    {
        private long value = -1;
        private long changedMs;

        boolean isStalled(final long newValue, final long nowMs)
        {
            if (newValue != value)
            {
                value = newValue;
                changedMs = nowMs;
            }

            return nowMs - changedMs > STALL_TIMEOUT_MS;
        }
    }

    private interface Progress
    {
        String line();
    }
}
