package io.umbra.jmh.rig;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;

/**
 * MirrorMaker 2 in its dedicated mode, to a second cluster that is new in every round. Tuned: full fetches, large
 * producer batches, acks=1, a task for each core, nothing but the data mirrored.
 */
record MirrorMakerContender(Source source, Source.Load load, Path folder) implements Contender
{
    private static final long POLL_MS = 100;
    private static final String HEAP = "-Xmx4g";

    @Override
    public String name()
    {
        return "mm2";
    }

    @Override
    public Measurement run() throws IOException
    {
        final Path home = Files.createTempDirectory(folder, "mm2");
        try (KafkaCluster target = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(home.resolve("target")).quickStart(false).heapMb(1024)
                .property("message.max.bytes", Integer.toString(64 << 20)));
            Child child = Child.java(home.resolve("mm2.log"),
                List.of(HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                "org.apache.kafka.connect.mirror.MirrorMaker", config(home, target.bootstrapServers()).toString()))
        {
            final Admin admin = target.admin();
            return load.span(POLL_MS).measure(child, () -> records(admin));
        }
        finally
        {
            Folders.delete(home);
        }
    }

    private Path config(final Path home, final String targetServers) throws IOException
    {
        final Properties properties = new Properties();
        properties.setProperty("clusters", "source,target");
        properties.setProperty("source.bootstrap.servers", source.bootstrapServers());
        properties.setProperty("target.bootstrap.servers", targetServers);
        properties.setProperty("source->target.enabled", "true");
        properties.setProperty("target->source.enabled", "false");
        properties.setProperty("source->target.topics", load.topic());
        properties.setProperty("tasks.max", Integer.toString(Runtime.getRuntime().availableProcessors()));
        for (final String factor : List.of("replication.factor", "offset.storage.replication.factor",
            "config.storage.replication.factor", "status.storage.replication.factor",
            "offset-syncs.topic.replication.factor", "checkpoints.topic.replication.factor",
            "heartbeats.topic.replication.factor"))
        {
            properties.setProperty(factor, "1");
        }
        for (final String task : List.of("emit.heartbeats.enabled", "emit.checkpoints.enabled",
            "sync.topic.configs.enabled", "sync.topic.acls.enabled", "sync.group.offsets.enabled",
            "refresh.groups.enabled"))
        {
            properties.setProperty(task, "false");
        }
        properties.setProperty("source.consumer.fetch.max.bytes", Integer.toString(16 << 20));
        properties.setProperty("source.consumer.max.partition.fetch.bytes", Integer.toString(4 << 20));
        properties.setProperty("source.consumer.receive.buffer.bytes", "-1");
        properties.setProperty("source.consumer.max.poll.records", "4000");
        properties.setProperty("source.consumer.auto.offset.reset", "earliest");
        properties.setProperty("target.producer.acks", "1");
        properties.setProperty("target.producer.batch.size", Integer.toString(512 << 10));
        properties.setProperty("target.producer.linger.ms", "20");
        properties.setProperty("target.producer.buffer.memory", Integer.toString(256 << 20));
        properties.setProperty("target.producer.max.request.size", Integer.toString(8 << 20));
        properties.setProperty("target.producer.send.buffer.bytes", "-1");
        final Path config = home.resolve("mm2.properties");
        try (Writer writer = Files.newBufferedWriter(config))
        {
            properties.store(writer, null);
        }
        return config;
    }

    private long records(final Admin admin) throws IOException
    {
        final Map<TopicPartition, OffsetSpec> request = new HashMap<>();
        for (int i = 0; i < load.partitions(); i++)
        {
            request.put(new TopicPartition("source." + load.topic(), i), OffsetSpec.latest());
        }
        try
        {
            return admin.listOffsets(request).all().get().values().stream().mapToLong((end) -> end.offset()).sum();
        }
        catch (final ExecutionException ex)
        {
            // MirrorMaker has yet to create the topic.
            return 0;
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException(ex);
        }
    }
}
