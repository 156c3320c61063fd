package io.umbra.rig;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes to a cluster with several producers at once: all codecs, idempotent and transactional ones, commits and
 * aborts, headers, null keys and values, records of any size. What each producer writes follows from the seed; how
 * the producers interleave does not. Methods may be called from any thread.
 */
public final class Workload implements AutoCloseable
{
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(150);
    private static final long POLL_NS = 5_000_000L;
    /** What a record batch adds to a value: batch header, keys, headers. */
    private static final int BATCH_OVERHEAD = 64 * 1024;

    private final Context context;
    private final List<ProducerTask> tasks = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final LongAdder recordsSent = new LongAdder();
    private final LongAdder bytesSent = new LongAdder();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final PauseGate gate;

    /** A workload that has not started. Creates nothing yet. */
    public Workload(final Context context)
    {
        context.conclude();
        this.context = context;
        this.gate = new PauseGate(context.variants.size());
    }

    /** Creates the topics, which must not exist, and returns when all partitions are led. */
    public Workload createTopics()
    {
        TopicCreation.create(context.clientProperties, context.topics, context.maxRequestBytes());
        return this;
    }

    /** Starts the producers, which write until {@link #stop()} or until the context's number of records is reached. */
    public Workload start()
    {
        final RateLimit limit = new RateLimit(context.bytesPerSecond);
        final ProducerTask.Totals totals = new ProducerTask.Totals(recordsSent, bytesSent, failure);
        for (int i = 0; i < context.variants.size(); i++)
        {
            final ProducerTask task = new ProducerTask(context, i, limit, gate, totals);
            final Thread thread = new Thread(task, "workload-" + i);
            thread.setDaemon(true);
            tasks.add(task);
            threads.add(thread);
            thread.start();
        }
        return this;
    }

    /** Ends open transactions, flushes, and holds the producers; returns when all of them stand still. */
    public void pause()
    {
        gate.close(STOP_TIMEOUT);
        rethrow();
    }

    /** Lets the producers go on after {@link #pause()}. */
    public void resume()
    {
        gate.open();
    }

    /**
     * Ends open transactions, flushes, and ends the producers.
     *
     * @throws IllegalStateException when a producer failed, with the first cause.
     */
    public void stop()
    {
        tasks.forEach(ProducerTask::stop);
        gate.open();
        join();
        rethrow();
    }

    /** Waits until the context's number of records is written by all producers, then ends like {@link #stop()}. */
    public void awaitEnd()
    {
        if (0 == context.recordsPerProducer)
        {
            throw new IllegalStateException("a workload without recordsPerProducer has no end");
        }
        join();
        rethrow();
    }

    /** Waits until this many records have been acknowledged since the start. */
    public void awaitRecords(final long number)
    {
        awaitSum(recordsSent, number, "records");
    }

    /** Waits until this many bytes of keys and values have been acknowledged since the start. */
    public void awaitBytes(final long number)
    {
        awaitSum(bytesSent, number, "bytes");
    }

    private void awaitSum(final LongAdder sum, final long number, final String unit)
    {
        while (sum.sum() < number && threads.stream().anyMatch(Thread::isAlive))
        {
            rethrow();
            LockSupport.parkNanos(POLL_NS);
            if (Thread.interrupted())
            {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for " + number + ' ' + unit);
            }
        }
        rethrow();
        if (sum.sum() < number)
        {
            throw new IllegalStateException("the workload ended after " + sum.sum() + " of " + number + ' ' + unit);
        }
    }

    /** Records acknowledged so far, those of aborted transactions included. */
    public long recordsSent()
    {
        return recordsSent.sum();
    }

    /** Bytes of keys and values acknowledged so far, before compression. */
    public long bytesSent()
    {
        return bytesSent.sum();
    }

    /** Like {@link #stop()}, but says nothing about failures. */
    @Override
    public void close()
    {
        tasks.forEach(ProducerTask::stop);
        gate.open();
        join();
    }

    private void join()
    {
        final long deadlineNs = System.nanoTime() + STOP_TIMEOUT.toNanos();
        try
        {
            for (final Thread thread : threads)
            {
                // With a number of records to write, the end is the producers' own.
                if (0 == context.recordsPerProducer)
                {
                    thread.join(Math.max(1, (deadlineNs - System.nanoTime()) / 1_000_000));
                }
                else
                {
                    thread.join();
                }
                if (thread.isAlive())
                {
                    failure.compareAndSet(null, new IllegalStateException(thread.getName() + " does not end"));
                    thread.interrupt();
                }
            }
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the workload ends", ex);
        }
    }

    private void rethrow()
    {
        final Exception cause = failure.get();
        if (null != cause)
        {
            throw new IllegalStateException("the workload failed: " + cause, cause);
        }
    }

    /**
     * What to write: topics and client properties are required. Not thread safe until {@link Workload} has taken it.
     */
    public static final class Context
    {
        private final List<TopicSpec> topics = new ArrayList<>();
        private final Properties clientProperties = new Properties();
        private final Properties producerProperties = new Properties();
        private List<ProducerVariant> variants = ProducerVariant.mixed();
        private long seed = 1;
        private int minRecordBytes;
        private int maxRecordBytes = 16 * 1024;
        private double largestRecords = 0.001;
        private long bytesPerSecond;
        private long recordsPerProducer;
        private double nullKeys = 0.1;
        private double nullValues = 0.05;
        private double headers = 0.3;
        private double outOfOrderTimes = 0.02;
        private double aborts = 0.3;
        private int recordsPerTransaction = 50;

        private void conclude()
        {
            if (topics.isEmpty() || !clientProperties.containsKey("bootstrap.servers"))
            {
                throw new IllegalArgumentException("a workload needs topics and bootstrap.servers");
            }
            if (minRecordBytes < 0 || maxRecordBytes < minRecordBytes)
            {
                throw new IllegalArgumentException("record sizes " + minRecordBytes + " to " + maxRecordBytes);
            }
        }

        /** Writes to this cluster, on its secured listener. */
        public Context cluster(final KafkaCluster cluster)
        {
            clientProperties.putAll(cluster.clientProperties());
            clientProperties.setProperty("bootstrap.servers", cluster.bootstrapServers());
            return this;
        }

        /** A setting of all clients, such as {@code bootstrap.servers}. */
        public Context clientProperty(final String key, final String value)
        {
            clientProperties.setProperty(key, value);
            return this;
        }

        Properties clientProperties()
        {
            return clientProperties;
        }

        /** A setting of the producers; overrides what the workload would choose. */
        public Context producerProperty(final String key, final String value)
        {
            producerProperties.setProperty(key, value);
            return this;
        }

        Properties producerProperties()
        {
            return producerProperties;
        }

        /** One more topic. */
        public Context topic(final TopicSpec topic)
        {
            topics.add(topic);
            return this;
        }

        List<TopicSpec> topics()
        {
            return topics;
        }

        /** The producers; {@link ProducerVariant#mixed()} by default. */
        public Context variants(final List<ProducerVariant> list)
        {
            variants = List.copyOf(list);
            return this;
        }

        List<ProducerVariant> variants()
        {
            return variants;
        }

        /** Seed of everything random, 1 by default. */
        public Context seed(final long value)
        {
            seed = value;
            return this;
        }

        long seed()
        {
            return seed;
        }

        /** Sizes of values in bytes, 0 to 16 KiB by default. */
        public Context recordBytes(final int min, final int max)
        {
            minRecordBytes = min;
            maxRecordBytes = max;
            return this;
        }

        int minRecordBytes()
        {
            return minRecordBytes;
        }

        int maxRecordBytes()
        {
            return maxRecordBytes;
        }

        /** Largest request that the record sizes call for. */
        int maxRequestBytes()
        {
            return Math.max(1 << 20, maxRecordBytes) + BATCH_OVERHEAD;
        }

        /** Share of values that have the largest size, 0.001 by default. */
        public Context largestRecords(final double share)
        {
            largestRecords = share;
            return this;
        }

        double largestRecords()
        {
            return largestRecords;
        }

        /** Keys and values in bytes per second, over all producers; 0, the default, is as fast as it goes. */
        public Context bytesPerSecond(final long rate)
        {
            bytesPerSecond = rate;
            return this;
        }

        /** Each producer ends after this many records; 0, the default, is never. */
        public Context recordsPerProducer(final long number)
        {
            recordsPerProducer = number;
            return this;
        }

        long recordsPerProducer()
        {
            return recordsPerProducer;
        }

        /** Shares of records without key, without value, and with headers: 0.1, 0.05 and 0.3 by default. */
        public Context shapes(final double withoutKey, final double withoutValue, final double withHeaders)
        {
            nullKeys = withoutKey;
            nullValues = withoutValue;
            headers = withHeaders;
            return this;
        }

        double nullKeys()
        {
            return nullKeys;
        }

        double nullValues()
        {
            return nullValues;
        }

        double headers()
        {
            return headers;
        }

        /** Share of records with a timestamp up to an hour in the past, 0.02 by default. */
        public Context outOfOrderTimes(final double share)
        {
            outOfOrderTimes = share;
            return this;
        }

        double outOfOrderTimes()
        {
            return outOfOrderTimes;
        }

        /** Share of transactions that are aborted, and the most records in one: 0.3 and 50 by default. */
        public Context transactions(final double aborted, final int mostRecords)
        {
            aborts = aborted;
            recordsPerTransaction = mostRecords;
            return this;
        }

        double aborts()
        {
            return aborts;
        }

        int recordsPerTransaction()
        {
            return recordsPerTransaction;
        }
    }
}
