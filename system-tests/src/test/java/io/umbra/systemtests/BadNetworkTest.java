package io.umbra.systemtests;

import io.umbra.rig.Exchange;
import io.umbra.rig.FaultProxy;
import io.umbra.rig.ResponseFault;
import io.umbra.rig.ShadowCheck;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Whatever a network does to connections: the shadow is what the source has, and comes on by itself. */
class BadNetworkTest
{
    private static final int BROKERS = 3;
    private static final int VALUE_BYTES = 20;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path base;

    private static ProxiedSource source;

    private String topic;
    private Uuid topicId;
    private LinkConfig link;
    private LinkView status;

    @BeforeAll
    static void startCluster()
    {
        source = new ProxiedSource(base.resolve("cluster"), BROKERS);
    }

    @AfterAll
    static void stopCluster()
    {
        source.close();
    }

    @BeforeEach
    void createTopic(final TestInfo info) throws Exception
    {
        topic = info.getTestMethod().orElseThrow().getName();
        topicId = source.createTopic(topic, BROKERS);
        produce(1);
        final Path dir = Files.createDirectory(base.resolve(topic));
        link = new LinkConfig(dir).source(source.cluster())
            .set("topics.include", topic)
            .set("shards", "1")
            .set("fetch.max.wait.ms", "100");
        status = new LinkView(link);
    }

    @AfterEach
    void mend()
    {
        for (int broker = 1; broker <= BROKERS; broker++)
        {
            final FaultProxy proxy = source.proxy(broker);
            proxy.refuse(false);
            proxy.silent(false);
            proxy.latency(0);
            proxy.dribble(0);
            proxy.fault(null);
            proxy.requestListener((header) -> {});
        }
    }

    private EngineProcess engine() throws Exception
    {
        return new EngineLauncher(link.journalDir().getParent()).start(link.write());
    }

    private void produce(final int batches) throws Exception
    {
        for (int partition = 0; partition < BROKERS; partition++)
        {
            source.produce(topic, partition, batches, VALUE_BYTES);
        }
    }

    private void awaitEnd(final int partition, final EngineProcess engine) throws Exception
    {
        awaitEnd(topic, partition, engine);
    }

    private void awaitEnd(final String name, final int partition, final EngineProcess engine) throws Exception
    {
        Await.until(() -> status.endOffset(name, partition) == source.endOffset(name, partition),
            () -> status.partition(name, partition) + "\n" + engine.stderrTail());
    }

    private void awaitActive(final EngineProcess engine) throws Exception
    {
        for (int i = 0; i < BROKERS; i++)
        {
            final int partition = i;
            Await.until(() -> status.isActive(topic, partition),
                () -> status.partition(topic, partition) + "\n" + engine.stderrTail());
        }
    }

    private void awaitTrouble(final int partition, final String reason, final EngineProcess engine) throws Exception
    {
        awaitTrouble(topic, partition, reason, engine);
    }

    private void awaitTrouble(
        final String name, final int partition, final String reason, final EngineProcess engine) throws Exception
    {
        Await.until(
            () -> !status.isActive(name, partition) && status.error(name, partition).matches(".*" + reason + ".*"),
            () -> reason + ": " + status.partition(name, partition) + "\n" + engine.stderrTail());
    }

    private void assertIdentical()
    {
        assertEquals(List.of(),
            new ShadowCheck(source.cluster(), link.journalDir()).topics(List.of(topic)).run());
    }

    private void stop(final EngineProcess engine) throws Exception
    {
        assertEquals(0, engine.terminate(), engine::stderrTail);
        assertEquals(List.of(), engine.unexpectedLines());
    }

    /** Ends the connection behind every byte of one response, in turn; between two cuts it is answered in vain. */
    private final class Walk implements ResponseFault
    {
        private volatile int cuts;
        private volatile int length;
        private boolean isAnsweredInVain;

        @Override
        public Answer answer(final Exchange exchange)
        {
            if (!exchange.isFetch())
            {
                return null;
            }
            final FetchResponseData data = exchange.fetchResponse();
            final FetchResponseData.PartitionData partition =
                FetchLie.find(data, topicId, new TopicPartition(topic, 0));
            if (null == partition || length > 0 && cuts == length)
            {
                return null;
            }
            isAnsweredInVain = !isAnsweredInVain;
            if (isAnsweredInVain)
            {
                partition.setRecords(MemoryRecords.EMPTY);
                return Answer.of(exchange.encode(data));
            }
            final byte[] frame = exchange.frame();
            length = Math.max(length, frame.length);
            final byte[] cut = Arrays.copyOf(frame, Math.min(cuts, frame.length));
            cuts++;
            return new Answer(cut, true, cuts % 2 == 0);
        }
    }

    @Test
    void aResponseThatIsCutOffAnywhereIsFetchedAgain() throws Exception
    {
        link.set("source.reconnect.backoff.ms", "1").set("source.reconnect.backoff.max.ms", "10");
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(0, engine);
            final Walk walk = new Walk();
            source.proxy().fault(walk);
            source.produce(topic, 0, 2, VALUE_BYTES);
            awaitEnd(0, engine);
            assertTrue(walk.length > 200, () -> "length " + walk.length);
            assertEquals(walk.length, walk.cuts);
            source.proxy().fault(null);
            produce(2);
            assertIdentical();
            awaitActive(engine);
            stop(engine);
        }
    }

    /** As a broker does whose cleaner deletes the file that it is sending. */
    @Test
    void aVerificationWhoseConnectionBreaksGoesOn() throws Exception
    {
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(0, engine);
            final AtomicInteger fetches = new AtomicInteger();
            final AtomicInteger questions = new AtomicInteger();
            source.proxy().fault((exchange) ->
            {
                final boolean isToBreak = exchange.request().clientId().contains("verify") && (
                    exchange.isFetch() && fetches.getAndIncrement() % 2 == 0 ||
                    ApiKeys.LIST_OFFSETS == exchange.request().apiKey() && questions.getAndIncrement() % 3 == 2);
                return isToBreak ? new ResponseFault.Answer(new byte[0], true, true) : null;
            });
            UmbraCommand.assertVerified(link.write());
            assertTrue(fetches.get() > 1 && questions.get() > 2, () -> fetches + " fetches, " + questions);
            stop(engine);
        }
    }

    @Test
    void halfOpenConnectionsAreGivenUp() throws Exception
    {
        link.set("source.request.timeout.ms", "1000");
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(0, engine);
            source.proxy().silent(true);
            produce(2);
            awaitTrouble(0, "broker 1 at .* cannot be reached", engine);
            awaitEnd(1, engine);
            awaitEnd(2, engine);
            source.proxy().silent(false);
            awaitEnd(0, engine);
            awaitActive(engine);
            assertIdentical();
            stop(engine);
        }
    }

    /** Also at the first start, when it must be asked where the partitions begin. */
    @Test
    void oneBrokerOfThreeIsEnoughToBegin() throws Exception
    {
        link.set("source.request.timeout.ms", "2000");
        source.proxy(2).refuse(true);
        source.proxy(3).silent(true);
        try (EngineProcess engine = engine())
        {
            awaitEnd(0, engine);
            produce(2);
            awaitEnd(0, engine);
            assertFalse(engine.isReady());
            for (int partition = 1; partition < BROKERS; partition++)
            {
                awaitTrouble(partition, "broker " + (1 + partition) + " at .* does not say where it begins", engine);
            }
            source.proxy(2).refuse(false);
            awaitEnd(1, engine);
            source.proxy(3).silent(false);
            awaitEnd(2, engine);
            engine.awaitReady();
            awaitActive(engine);
            assertIdentical();
            stop(engine);
        }
    }

    /** Nobody else waits for the broker that leads a new partition and does not answer. */
    @Test
    void aNewPartitionOfASilentBrokerHoldsNobodyUp() throws Exception
    {
        final String moving = topic + "-moving";
        final String fresh = topic + "-fresh";
        link.set("topics.include", topic + ".*").set("source.request.timeout.ms", "1000");
        source.createTopic(moving, List.of(1, 2));
        source.produce(moving, 0, 1, VALUE_BYTES);
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            Await.until(() -> status.isActive(moving, 0), engine::stderrTail);
            source.proxy(3).silent(true);
            source.createTopic(fresh, List.of(3));
            source.produce(fresh, 0, 1, VALUE_BYTES);
            awaitTrouble(fresh, 0, "broker 3 at .* does not say where it begins", engine);
            // By metadata alone.
            source.proxy(1).fault(BadNetworkTest::withoutLeaderHints);
            final Leadership leadership = new Leadership(source.cluster(), moving);
            leadership.reassign(Map.of(0, List.of(2, 1)));
            leadership.elect();
            source.produce(moving, 0, 1, VALUE_BYTES);
            awaitEnd(moving, 0, engine);
            assertEquals(2, status.partition(moving, 0).get("leader").asInt());
            // And other leaders are asked where their logs begin.
            source.cluster().admin().deleteRecords(Map.of(
                new TopicPartition(moving, 0), RecordsToDelete.beforeOffset(2))).all().get();
            Await.until(() -> 2 == status.partition(moving, 0).get("logStartOffset").asLong(),
                () -> status.partition(moving, 0) + "\n" + engine.stderrTail());
            awaitTrouble(fresh, 0, "broker 3 at .* does not say where it begins", engine);
            assertEquals("ACTIVE", status.read().get("state").asText());
            assertFalse(engine.said("the source answers again"), engine::stderrTail);
            source.proxy(3).silent(false);
            awaitEnd(fresh, 0, engine);
            awaitActive(engine);
            assertEquals(List.of(), new ShadowCheck(source.cluster(), link.journalDir())
                .topics(List.of(topic, moving, fresh)).run());
            stop(engine);
        }
    }

    private static ResponseFault.Answer withoutLeaderHints(final Exchange exchange)
    {
        if (!exchange.isFetch())
        {
            return null;
        }
        final FetchResponseData data = exchange.fetchResponse();
        data.responses().forEach((entry) -> entry.partitions().forEach(
            (partition) -> partition.setCurrentLeader(new FetchResponseData.LeaderIdAndEpoch())));
        return ResponseFault.Answer.of(exchange.encode(data));
    }

    /** However many fail: all of the metadata are not asked for by each of them. */
    @Test
    void partitionsThatFailAskForMetadataEverMoreSeldom() throws Exception
    {
        final String many = topic + "-many";
        final int partitions = 60;
        final int looks = 8;
        // Twice at once, then after 100, 200, 400, 800 and 1,000 ms, of which jitter takes half at most.
        final long leastMs = (100 + 200 + 400 + 800 + 1_000 + 1_000) / 2;
        link.set("topics.include", topic + ".*").set("topics.refresh.interval.ms", "60000");
        final Uuid manyId = source.createTopic(many, partitions);
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            final AtomicInteger asked = new AtomicInteger();
            final long beginNs = System.nanoTime();
            for (int broker = 1; broker <= BROKERS; broker++)
            {
                source.proxy(broker).requestListener((header) ->
                {
                    if (ApiKeys.METADATA == header.apiKey() && header.clientId().endsWith("-control"))
                    {
                        asked.incrementAndGet();
                    }
                });
                source.proxy(broker).fault((exchange) -> withStorageError(exchange, manyId));
            }
            for (int partition = 0; partition < partitions; partition++)
            {
                source.produce(many, partition, 1, VALUE_BYTES);
            }
            Await.until(() -> asked.get() >= looks, () -> "asked " + asked + " times\n" + engine.stderrTail());
            final long elapsedMs = (System.nanoTime() - beginNs) / 1_000_000;
            assertTrue(elapsedMs >= leastMs, () -> looks + " looks in " + elapsedMs + " ms");
            awaitTrouble(many, 0, "KAFKA_STORAGE_ERROR", engine);
            produce(1);
            for (int partition = 0; partition < BROKERS; partition++)
            {
                awaitEnd(partition, engine);
            }
            mend();
            for (int partition = 0; partition < partitions; partition++)
            {
                awaitEnd(many, partition, engine);
            }
            assertEquals(List.of(), new ShadowCheck(source.cluster(), link.journalDir())
                .topics(List.of(topic, many)).run());
            stop(engine);
        }
    }

    private static ResponseFault.Answer withStorageError(final Exchange exchange, final Uuid topicId)
    {
        if (!exchange.isFetch())
        {
            return null;
        }
        final FetchResponseData data = exchange.fetchResponse();
        data.responses().stream().filter((entry) -> topicId.equals(entry.topicId())).forEach((entry) ->
            entry.partitions().forEach((partition) -> partition
                .setErrorCode(Errors.KAFKA_STORAGE_ERROR.code()).setRecords(MemoryRecords.EMPTY)));
        return ResponseFault.Answer.of(exchange.encode(data));
    }

    /** By what the earlier leader says of it (Fetch v16). */
    @Test
    void aLeaderThatMovesIsFollowedWithoutMetadata() throws Exception
    {
        final String moving = topic + "-moving";
        link.set("topics.include", topic + ".*").set("source.request.timeout.ms", "1000");
        source.createTopic(moving, List.of(1, 2));
        source.produce(moving, 0, 1, VALUE_BYTES);
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(moving, 0, engine);
            for (int broker = 1; broker <= BROKERS; broker++)
            {
                source.proxy(broker).fault((exchange) -> ApiKeys.METADATA == exchange.request().apiKey() &&
                    exchange.request().clientId().endsWith("-control") ?
                    ResponseFault.Answer.of(new byte[0]) : null);
            }
            final Leadership leadership = new Leadership(source.cluster(), moving);
            for (final List<Integer> replicas : List.of(List.of(2, 1), List.of(1, 2)))
            {
                leadership.reassign(Map.of(0, replicas));
                leadership.elect();
                source.produce(moving, 0, 2, VALUE_BYTES);
                awaitEnd(moving, 0, engine);
                assertEquals(replicas.get(0), status.partition(moving, 0).get("leader").asInt());
            }
            mend();
            awaitActive(engine);
            Await.until(() -> "ACTIVE".equals(status.read().get("state").asText()), engine::stderrTail);
            assertEquals(List.of(), new ShadowCheck(source.cluster(), link.journalDir())
                .topics(List.of(topic, moving)).run());
            stop(engine);
        }
    }

    /** A response that comes byte by byte, and none of it in time. */
    @Test
    void aBrokerThatTakesItsTimeForEachByteIsGivenUpAlone() throws Exception
    {
        link.set("source.request.timeout.ms", "1500");
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(0, engine);
            source.proxy(1).dribble(1, 1_000_000_000L);
            for (int i = 0; i < 3; i++)
            {
                produce(1);
                awaitEnd(1, engine);
                awaitEnd(2, engine);
            }
            awaitTrouble(0, "(cannot be reached|instead of answering)", engine);
            source.proxy(1).dribble(0);
            awaitEnd(0, engine);
            awaitActive(engine);
            assertIdentical();
            stop(engine);
        }
    }

    /** KIP-219: the connection that is throttled rests, for longer than the others need. */
    @Test
    void whileOneBrokerThrottlesTheOthersGoOn() throws Exception
    {
        final int throttleMs = 300_000;
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(0, engine);
            final AtomicBoolean isThrottled = new AtomicBoolean();
            source.proxy(1).fault((exchange) -> exchange.isFetch() && isThrottled.compareAndSet(false, true) ?
                ResponseFault.Answer.of(exchange.encode(exchange.fetchResponse().setThrottleTimeMs(throttleMs))) :
                null);
            Await.until(isThrottled::get, engine::stderrTail);
            final long before = source.proxy(1).requests(ApiKeys.FETCH);
            for (int i = 0; i < 3; i++)
            {
                produce(1);
                awaitEnd(1, engine);
                awaitEnd(2, engine);
            }
            assertEquals(before, source.proxy(1).requests(ApiKeys.FETCH));
            stop(engine);
        }
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(0, engine);
            assertIdentical();
            stop(engine);
        }
    }

    /** So many attempts cannot have come sooner than the back-offs between them allow; later is no matter. */
    @Test
    void whoeverRefusesIsAskedEverMoreSeldom() throws Exception
    {
        final int attempts = 16;
        // Fetches, sampler, control plane, each at once and then every 320 ms at most, and room for one more.
        final long leastMs = (attempts / 4 - 1) * 320L;
        link.set("source.reconnect.backoff.ms", "400").set("source.reconnect.backoff.max.ms", "800");
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            for (int partition = 0; partition < BROKERS; partition++)
            {
                awaitEnd(partition, engine);
            }
            final long beginNs = System.nanoTime();
            final long before = source.proxy().refusals();
            source.proxy().refuse(true);
            awaitTrouble(0, "cannot be reached", engine);
            Await.until(() -> source.proxy().refusals() - before >= attempts, engine::stderrTail);
            final long elapsedMs = (System.nanoTime() - beginNs) / 1_000_000;
            assertTrue(elapsedMs >= leastMs, () -> attempts + " attempts in " + elapsedMs + " ms");
            source.proxy().refuse(false);
            produce(1);
            awaitActive(engine);
            assertIdentical();
            stop(engine);
        }
    }

    /** A broker that takes requests and ends the connection is not asked all the time, either. */
    @Test
    void whoeverNeverAnswersIsAskedEverMoreSeldom() throws Exception
    {
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            awaitEnd(0, engine);
            final long beginNs = System.nanoTime();
            final long before = source.proxy().requests(ApiKeys.FETCH);
            source.proxy().fault((exchange) ->
                exchange.isFetch() ? new ResponseFault.Answer(new byte[0], true, false) : null);
            awaitTrouble(0, "instead of answering", engine);
            Await.until(() -> source.proxy().requests(ApiKeys.FETCH) - before >= 7, engine::stderrTail);
            final long elapsedMs = (System.nanoTime() - beginNs) / 1_000_000;
            // The back-off doubles from 20 ms on, and jitter takes half of it at most: 10 + 20 + … + 320 ms.
            assertTrue(elapsedMs >= 600, () -> "7 requests in " + elapsedMs + " ms");
            source.proxy().fault(null);
            produce(1);
            awaitEnd(0, engine);
            awaitActive(engine);
            assertIdentical();
            stop(engine);
        }
    }

    @Test
    void aLateAndSlowNetworkLosesNothing() throws Exception
    {
        try (EngineProcess engine = engine())
        {
            engine.awaitReady();
            source.proxy(1).latency(100);
            source.proxy(2).dribble(1);
            source.proxy(3).dribble(7);
            for (int i = 0; i < 3; i++)
            {
                produce(3);
                for (int partition = 0; partition < BROKERS; partition++)
                {
                    awaitEnd(partition, engine);
                }
            }
            awaitActive(engine);
            assertIdentical();
            stop(engine);
        }
    }
}
