package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.TopicSpec;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The log cleaner of a cluster of one broker: when it may work on which topics, and how far it has come. */
final class Cleaner
{
    private static final int BROKER = 1;
    private static final String SEGMENT_BYTES = Integer.toString(32 * 1024);
    private static final String NEVER_MS = Long.toString(Long.MAX_VALUE);
    private static final String LAG = "min.compaction.lag.ms";

    private final KafkaCluster cluster;
    private final List<TopicSpec> topics;

    Cleaner(final KafkaCluster cluster, final List<TopicSpec> topics)
    {
        this.cluster = cluster;
        this.topics = topics;
    }

    /** A cluster whose cleaner, and whose retention, look after their work all the time. */
    static KafkaCluster.Context eager(final KafkaCluster.Context context)
    {
        return context
            .property("log.cleaner.backoff.ms", "50")
            .property("log.retention.check.interval.ms", "200")
            .property("log.initial.task.delay.ms", "0")
            .property("log.segment.delete.delay.ms", "0");
    }

    /** A topic with many small segments, which the cleaner does not touch until it is told to. */
    static TopicSpec topic(final String name, final int partitions, final String cleanupPolicy)
    {
        return TopicSpec.of(name, partitions)
            .with("cleanup.policy", cleanupPolicy)
            .with("internal.segment.bytes", SEGMENT_BYTES)
            .with("min.cleanable.dirty.ratio", "0.01")
            .with("delete.retention.ms", "1")
            .with("retention.ms", "-1")
            .with(LAG, NEVER_MS);
    }

    List<TopicPartition> partitions()
    {
        final List<TopicPartition> partitions = new ArrayList<>();
        for (final TopicSpec topic : topics)
        {
            for (int i = 0; i < topic.partitions(); i++)
            {
                partitions.add(new TopicPartition(topic.name(), i));
            }
        }
        return partitions;
    }

    Path directory(final TopicPartition partition)
    {
        return cluster.logDir(BROKER).resolve(partition.toString());
    }

    void begin() throws Exception
    {
        setAll(LAG, "0");
    }

    /** The cleaner has nothing left to do, and never will have: the source stands still. The broker is restarted. */
    void finish() throws Exception
    {
        Await.until(this::isDone, () -> "the cleaner's end: " + progress());
        setAll(LAG, NEVER_MS);
        cluster.stop(BROKER);
        cluster.restart(BROKER);
    }

    void set(final String topic, final String key, final String value) throws Exception
    {
        final ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        cluster.admin().incrementalAlterConfigs(Map.of(resource, List.of(
            new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)))).all().get();
    }

    private void setAll(final String key, final String value) throws Exception
    {
        for (final TopicSpec topic : topics)
        {
            set(topic.name(), key, value);
        }
    }

    /** Whether it has cleaned each partition up to these offsets at least. */
    boolean hasPassed(final Map<TopicPartition, Long> offsets) throws IOException
    {
        final Map<TopicPartition, Long> progress = progress();
        return offsets.entrySet().stream()
            .allMatch((entry) -> progress.getOrDefault(entry.getKey(), 0L) >= entry.getValue());
    }

    /** All but the active segment is clean. */
    private boolean isDone() throws IOException
    {
        final Map<TopicPartition, Long> progress = progress();
        for (final TopicPartition partition : partitions())
        {
            final List<Path> segments = SegmentFile.of(directory(partition));
            final String active = segments.get(segments.size() - 1).getFileName().toString();
            if (progress.getOrDefault(partition, 0L) < Long.parseLong(active.replace(".log", "")))
            {
                return false;
            }
        }
        return true;
    }

    /** The broker's own checkpoint: the offset up to which each log is clean. */
    private Map<TopicPartition, Long> progress()
    {
        final Map<TopicPartition, Long> progress = new HashMap<>();
        try
        {
            final List<String> lines =
                Files.readAllLines(cluster.logDir(BROKER).resolve("cleaner-offset-checkpoint"));
            // It is empty before there is anything to say.
            for (final String line : lines.subList(Math.min(2, lines.size()), lines.size()))
            {
                final String[] fields = line.split(" ");
                progress.put(new TopicPartition(fields[0], Integer.parseInt(fields[1])), Long.parseLong(fields[2]));
            }
        }
        catch (final NoSuchFileException ex)
        {
            // It has not begun.
            progress.clear();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
        return progress;
    }
}
