package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A thousand partitions are promoted and written to. */
class PromotionScaleTest
{
    private static final int TOPICS = 20;
    private static final int PARTITIONS = 50;
    private static final int PER_PARTITION = 3;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @Test
    void aThousandPartitionsAreServed() throws Exception
    {
        final LinkConfig link = new LinkConfig(dir);
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source"))))
        {
            final List<NewTopic> topics = new ArrayList<>();
            for (int i = 0; i < TOPICS; i++)
            {
                topics.add(new NewTopic("topic-" + i, PARTITIONS, (short)1).configs(Map.of("retention.ms", "-1")));
            }
            source.admin().createTopics(topics).all().get();
            try (KafkaProducer<byte[], byte[]> producer = Producers.create(source, Map.of()))
            {
                write(producer);
            }
            Shadowed.catchUp(new EngineLauncher(dir), source, link.source(source));
        }
        try (PromotedNode node = new PromotedNode(dir.resolve("promoted"), 3))
        {
            final long beganNs = System.nanoTime();
            final UmbraCommand.Result result = node.promote(link.write(), "--json");
            assertEquals(0, result.exit(), result::toString);
            final JsonNode report = new ObjectMapper().readTree(result.out());
            assertEquals(TOPICS, report.get("topics").size());
            node.start();
            try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of()))
            {
                producer.send(new ProducerRecord<>("topic-0", 0, null, new byte[10])).get();
                System.out.println("PromotionScaleTest: first acknowledged produce after " +
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNs) + " ms, " + report.get("durationsMs"));
                write(producer);
            }
            try (Admin admin = node.admin())
            {
                final Map<String, TopicDescription> all = admin.describeTopics(
                    admin.listTopics().names().get()).allTopicNames().get();
                assertEquals(TOPICS, all.size());
                final Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
                all.forEach((name, topic) -> topic.partitions().forEach((partition) ->
                    wanted.put(new TopicPartition(name, partition.partition()), OffsetSpec.latest())));
                assertEquals(TOPICS * PARTITIONS, wanted.size());
                admin.listOffsets(wanted).all().get().forEach((partition, end) -> assertEquals(
                    2 * PER_PARTITION + ("topic-0-0".equals(partition.toString()) ? 1 : 0), end.offset(),
                    partition::toString));
            }
        }
    }

    private static void write(final KafkaProducer<byte[], byte[]> producer) throws Exception
    {
        final List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int topic = 0; topic < TOPICS; topic++)
        {
            for (int partition = 0; partition < PARTITIONS; partition++)
            {
                for (int i = 0; i < PER_PARTITION; i++)
                {
                    sent.add(producer.send(new ProducerRecord<>("topic-" + topic, partition, null, new byte[10])));
                }
            }
        }
        for (final Future<RecordMetadata> future : sent)
        {
            future.get();
        }
    }
}
