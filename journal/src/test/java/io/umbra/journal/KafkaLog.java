package io.umbra.journal;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogOffsetsListener;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A partition's directory, opened with the broker's own classes. */
final class KafkaLog implements AutoCloseable
{
    static final Uuid TOPIC_ID = new Uuid(
        TestLogs.TOPIC_ID.getMostSignificantBits(), TestLogs.TOPIC_ID.getLeastSignificantBits());

    private final KafkaScheduler scheduler = new KafkaScheduler(1);
    private final BrokerTopicStats stats = new BrokerTopicStats(false);
    private final ConcurrentHashMap<String, Integer> segmentsRecovered = new ConcurrentHashMap<>();
    private final UnifiedLog log;

    private KafkaLog(final Path directory, final boolean isClean, final long logStartOffset, final long recoveryPoint)
        throws Exception
    {
        scheduler.startup();
        final Properties properties = new Properties();
        properties.put(LogConfig.INTERNAL_SEGMENT_BYTES_CONFIG, Integer.toString(TestLogs.SEGMENT_BYTES));
        properties.put("index.interval.bytes", Integer.toString(TestLogs.INDEX_INTERVAL));
        log = UnifiedLog.create(
            directory.toFile(),
            new LogConfig(properties),
            logStartOffset,
            recoveryPoint,
            scheduler,
            stats,
            new BatchTime(),
            5 * 60 * 1000,
            new ProducerStateManagerConfig(86_400_000, false),
            Integer.MAX_VALUE,
            new LogDirFailureChannel(1),
            isClean,
            Optional.of(TOPIC_ID),
            segmentsRecovered,
            false,
            LogOffsetsListener.NO_OP_OFFSETS_LISTENER);
    }

    /** As the log manager does at the start of a broker that was stopped in order, or was not. */
    static KafkaLog open(final Path directory, final boolean isClean) throws Exception
    {
        return new KafkaLog(directory, isClean, 0, 0);
    }

    /** With what the checkpoint files say. */
    static KafkaLog open(
        final Path directory, final boolean isClean, final long logStartOffset, final long recoveryPoint)
        throws Exception
    {
        return new KafkaLog(directory, isClean, logStartOffset, recoveryPoint);
    }

    UnifiedLog log()
    {
        return log;
    }

    /** Whether the broker went through segments when it opened the log. */
    boolean hasRecovered()
    {
        return !segmentsRecovered.isEmpty();
    }

    /** Waits for flushes in the background first: they would meet closed files. */
    @Override
    public void close()
    {
        try
        {
            scheduler.shutdown();
        }
        catch (final InterruptedException ex)
        {
            throw new IllegalStateException(ex);
        }
        log.close();
        stats.close();
    }

    /** The time of the batches, so that no producer is too old. */
    private static final class BatchTime implements Time
    {
        private final AtomicLong nanos = new AtomicLong();

        @Override
        public long milliseconds()
        {
            return TestBatches.TIME;
        }

        @Override
        public long nanoseconds()
        {
            return nanos.incrementAndGet();
        }

        @Override
        public void sleep(final long ms)
        {
            nanos.addAndGet(ms * 1_000_000);
        }

        @Override
        public void waitObject(
            final Object object, final java.util.function.Supplier<Boolean> condition, final long deadlineMs)
        {
            throw new UnsupportedOperationException();
        }
    }
}
