package io.umbra.jmh.rig;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The cluster that is copied. Broker 1 leads everything; broker 2 has nothing until it becomes a follower.
 */
final class Source implements AutoCloseable
{
    static final int LEADER = 1;
    static final int FOLLOWER = 2;
    private static final int PRODUCERS = 2;
    /** The controller takes no more in one step. */
    private static final int MANY_PARTITIONS = 100;
    private static final int MAX_CREATED_AT_ONCE = 5000;
    private static final int HEAP_MIB = 1024;
    private static final int MAX_MESSAGE_BYTES = 64 << 20;

    private final KafkaCluster cluster;

    /**
     * Records that were written.
     *
     * @param topic         they are in.
     * @param partitions    of the topic.
     * @param records       in all of them.
     * @param bytes         of the batches that hold them.
     * @param warmUpPercent part of them that does not count when a copy is measured.
     */
    record Load(String topic, int partitions, long records, long bytes, int warmUpPercent)
    {
        Load withWarmUp(final int percent)
        {
            return new Load(topic, partitions, records, bytes, percent);
        }

        Span span(final long pollMs)
        {
            return new Span(records, bytes, warmUpPercent, pollMs);
        }
    }

    private Source(final KafkaCluster cluster)
    {
        this.cluster = cluster;
    }

    /**
     * Starts the brokers.
     *
     * @param folder  for their files.
     * @param brokers one, or two for a follower.
     * @return the running cluster.
     */
    static Source launch(final Path folder, final int brokers)
    {
        return new Source(KafkaCluster.launch(new KafkaCluster.Context()
            .brokers(brokers)
            .baseDir(folder)
            .quickStart(false)
            .heapMb(HEAP_MIB)
            .property("message.max.bytes", Integer.toString(MAX_MESSAGE_BYTES))
            // A follower at its best: full fetches, and files that go as soon as they are deleted.
            .property("num.replica.fetchers", "2")
            .property("replica.fetch.max.bytes", Integer.toString(4 << 20))
            .property("replica.fetch.response.max.bytes", Integer.toString(16 << 20))
            .property("file.delete.delay.ms", "100")
            .property("log.initial.task.delay.ms", "1000")));
    }

    KafkaCluster cluster()
    {
        return cluster;
    }

    String bootstrapServers()
    {
        return cluster.bootstrapServers().split(",")[0];
    }

    /** A topic that broker 1 alone has. */
    void createTopic(final String topic, final int partitions) throws IOException
    {
        final Map<Integer, List<Integer>> replicas = new HashMap<>();
        for (int i = 0; i < Math.min(partitions, MAX_CREATED_AT_ONCE); i++)
        {
            replicas.put(i, List.of(LEADER));
        }
        // A broker maps the indexes of its active segments, at their full size from the start: of 10,000 partitions
        // that would be 200 GiB, with pages read around each one that is looked at.
        final NewTopic newTopic = new NewTopic(topic, replicas).configs(
            partitions <= MANY_PARTITIONS ? Map.of() : Map.of("segment.index.bytes", Integer.toString(64 << 10)));
        await(() -> cluster.admin().createTopics(List.of(newTopic)).all().get());
        for (int count = replicas.size(); count < partitions;)
        {
            final int step = Math.min(partitions - count, MAX_CREATED_AT_ONCE);
            count += step;
            final NewPartitions more = NewPartitions.increaseTo(count, Collections.nCopies(step, List.of(LEADER)));
            await(() -> cluster.admin().createPartitions(Map.of(topic, more)).all().get());
        }
    }

    void deleteTopic(final String topic) throws IOException
    {
        await(() -> cluster.admin().deleteTopics(List.of(topic)).all().get());
    }

    /**
     * Writes a topic full.
     *
     * @param topic       that exists.
     * @param partitions  of it.
     * @param bytes       of values.
     * @param recordSize  of each value, bytes.
     * @param compression of the producers; values are half random, so that a codec has something to do.
     * @return what is in the topic now.
     * @throws IOException if a record is refused.
     */
    Load fill(
        final String topic, final int partitions, final long bytes, final int recordSize, final String compression)
        throws IOException
    {
        final long records = Math.max(partitions, bytes / recordSize);
        final AtomicReference<Exception> failure = new AtomicReference<>();
        final Thread[] threads = new Thread[PRODUCERS];
        for (int i = 0; i < PRODUCERS; i++)
        {
            final int producer = i;
            threads[i] = new Thread(() -> produce(
                producer, topic, partitions, records / PRODUCERS + (0 == producer ? records % PRODUCERS : 0),
                recordSize, compression, failure));
            threads[i].start();
        }
        for (final Thread thread : threads)
        {
            await(() ->
            {
                thread.join();
                return null;
            });
        }
        if (null != failure.get())
        {
            throw new IOException("the source takes no more records: " + failure.get(), failure.get());
        }
        return new Load(topic, partitions, endOffsets(topic, partitions),
            Folders.segmentBytes(cluster.logDir(LEADER), topic), Span.WARM_UP_PERCENT);
    }

    private void produce(
        final int producer,
        final String topic,
        final int partitions,
        final long records,
        final int recordSize,
        final String compression,
        final AtomicReference<Exception> failure)
    {
        final Properties properties = producerProperties(compression, recordSize);
        final byte[][] values = values(recordSize, producer);
        try (KafkaProducer<byte[], byte[]> kafkaProducer = new KafkaProducer<>(
            properties, new ByteArraySerializer(), new ByteArraySerializer()))
        {
            // A run of records for each partition in turn, so that batches fill up.
            final long run = Math.max(1, Math.min(64 * 1024 / Math.max(1, recordSize), records / partitions));
            for (long i = 0; i < records && null == failure.get(); i++)
            {
                final int partition = (int)((i / run + (long)producer * partitions / PRODUCERS) % partitions);
                kafkaProducer.send(
                    new ProducerRecord<>(topic, partition, null, values[(int)(i % values.length)]),
                    (metadata, exception) ->
                    {
                        if (null != exception)
                        {
                            failure.compareAndSet(null, exception);
                        }
                    });
            }
        }
        catch (final RuntimeException ex)
        {
            failure.compareAndSet(null, ex);
        }
    }

    private Properties producerProperties(final String compression, final int recordSize)
    {
        final Properties properties = new Properties();
        properties.putAll(cluster.clientProperties());
        properties.setProperty(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers());
        properties.setProperty(ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(64 * 1024));
        properties.setProperty(ProducerConfig.LINGER_MS_CONFIG, "20");
        properties.setProperty(ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.toString(128 << 20));
        properties.setProperty(
            ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(Math.max(8 << 20, 2 * recordSize)));
        properties.setProperty(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression);
        properties.setProperty(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");
        properties.setProperty(ProducerConfig.ACKS_CONFIG, "1");
        return properties;
    }

    /** Half random, half not: compresses to about a half. */
    static byte[][] values(final int recordSize, final long seed)
    {
        final SplittableRandom random = new SplittableRandom(seed);
        final byte[][] values = new byte[Math.max(2, Math.min(1024, (8 << 20) / Math.max(1, recordSize)))][];
        for (int i = 0; i < values.length; i++)
        {
            values[i] = new byte[recordSize];
            random.nextBytes(values[i]);
            Arrays.fill(values[i], 0, recordSize / 2, (byte)'u');
        }
        return values;
    }

    private long endOffsets(final String topic, final int partitions) throws IOException
    {
        final Map<TopicPartition, OffsetSpec> request = new HashMap<>();
        for (int i = 0; i < partitions; i++)
        {
            request.put(new TopicPartition(topic, i), OffsetSpec.latest());
        }
        return await(() -> cluster.admin().listOffsets(request).all().get().values().stream()
            .mapToLong((end) -> end.offset()).sum());
    }

    /** A call that waits for brokers. */
    @FunctionalInterface
    interface Call<T>
    {
        /** Waits and returns what they say. */
        T call() throws ExecutionException, InterruptedException;
    }

    static <T> T await(final Call<T> call) throws IOException
    {
        try
        {
            return call.call();
        }
        catch (final ExecutionException ex)
        {
            throw new IOException(ex.getCause());
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException(ex);
        }
    }

    @Override
    public void close()
    {
        cluster.close();
    }
}
