package io.umbra.systemtests;

import io.umbra.rig.Exchange;
import io.umbra.rig.ResponseFault;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * One engine, and a source that says what is not so: nothing of it is journaled, the operator is told, the other
 * partitions go on, and when the lie ends, the engine goes on by itself.
 */
class LyingSourceTest
{
    private static final String VICTIM = "victim";
    private static final String COMPACTED = "compacted";
    private static final String OTHER = "other";
    private static final int VALUE_BYTES = 100;
    private static final int THROTTLE_MS = 2_000;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path dir;

    private static ProxiedSource source;
    private static LinkConfig link;
    private static EngineProcess engine;
    private static LinkView status;
    private static final Map<String, Uuid> IDS = new HashMap<>();

    @BeforeAll
    static void start() throws Exception
    {
        source = new ProxiedSource(dir.resolve("cluster"), 1);
        IDS.put(VICTIM, source.createTopic(VICTIM, 1));
        IDS.put(COMPACTED, source.createTopic(COMPACTED, 1, Map.of("cleanup.policy", "compact")));
        source.createTopic(OTHER, 1);
        source.produce(VICTIM, 0, 3, VALUE_BYTES);
        source.produce(COMPACTED, 0, 3, VALUE_BYTES);
        source.produce(OTHER, 0, 3, VALUE_BYTES);
        link = new LinkConfig(dir).source(source.cluster())
            .set("shards", "1")
            .set("acls.sync.interval.ms", "1000")
            .set("fetch.max.wait.ms", "100")
            .set("source.reconnect.backoff.ms", "10")
            .set("source.reconnect.backoff.max.ms", "200")
            .set("source.request.timeout.ms", "5000");
        engine = new EngineLauncher(dir).start(link.write());
        engine.awaitReady();
        status = new LinkView(link);
        awaitAllIsWell();
    }

    @AfterAll
    static void stop() throws Exception
    {
        try
        {
            UmbraCommand.assertVerified(dir.resolve("umbra.properties"));
            assertEquals(0, StatusView.of(link).document().get("incidents").size());
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        finally
        {
            engine.close();
            source.close();
        }
    }

    @AfterEach
    void theEngineHasSurvived()
    {
        source.proxy().fault(null);
        assertTrue(engine.isAlive(), engine::stderrTail);
        assertEquals(List.of(), engine.stderr().lines().filter((line) -> line.contains(" ERROR ")).toList());
    }

    private static AtomicInteger tell(final FetchLie lie)
    {
        return tell(lie, VICTIM);
    }

    /** Tells a lie whenever a response has records of the victim. */
    private static AtomicInteger tell(final FetchLie lie, final String topic)
    {
        final AtomicInteger told = new AtomicInteger();
        source.proxy().fault((exchange) ->
        {
            if (!exchange.isFetch())
            {
                return null;
            }
            final FetchResponseData data = exchange.fetchResponse();
            final FetchResponseData.PartitionData victim =
                FetchLie.find(data, IDS.get(topic), new TopicPartition(topic, 0));
            final ResponseFault.Answer answer = null == victim ? null : lie.teller().tell(exchange, data, victim);
            if (null != answer)
            {
                told.incrementAndGet();
            }
            return answer;
        });
        return told;
    }

    private static boolean hasAll(final String topic) throws Exception
    {
        return status.endOffset(topic, 0) == source.endOffset(topic, 0);
    }

    private static void awaitAllIsWell() throws Exception
    {
        for (final String topic : List.of(VICTIM, COMPACTED, OTHER))
        {
            Await.until(() -> hasAll(topic) && status.isActive(topic, 0),
                () -> status.partition(topic, 0) + "\n" + engine.stderrTail());
        }
        Shadowed.assertIdentical(source.cluster(), link);
    }

    static List<FetchLie> lies()
    {
        return FetchLie.all();
    }

    @ParameterizedTest
    @MethodSource("lies")
    void aLieIsNotJournaledAndPasses(final FetchLie lie) throws Exception
    {
        assertRefused(lie, VICTIM);
    }

    /** There gaps need no explanation. */
    @ParameterizedTest
    @MethodSource("raised")
    void aRaisedBaseOffsetIsNotJournaledWhereGapsAreExpected(final FetchLie lie) throws Exception
    {
        assertRefused(lie, COMPACTED);
    }

    static List<FetchLie> raised()
    {
        return FetchLie.raised("beyond its own high watermark");
    }

    private static void assertRefused(final FetchLie lie, final String topic) throws Exception
    {
        final Pattern reason = Pattern.compile(lie.reason());
        final AtomicInteger told = tell(lie, topic);
        Await.until(() ->
        {
            // Some lies are only told of records that are new.
            source.produce(topic, 0, 2, VALUE_BYTES);
            return told.get() > 0 && (lie.reason().isEmpty() ||
                !status.isActive(topic, 0) && reason.matcher(status.error(topic, 0)).find());
        }, () -> "told " + told + " times: " + status.partition(topic, 0) + "\n" + engine.stderrTail());
        source.produce(OTHER, 0, 2, VALUE_BYTES);
        if (lie.isOfPartition())
        {
            Await.until(() -> hasAll(OTHER), () -> status.partition(OTHER, 0) + "\n" + engine.stderrTail());
        }
        source.proxy().fault(null);
        awaitAllIsWell();
    }

    /** Log start and high watermark together, so that the response by itself makes sense. */
    @Test
    void aLogStartThatTheLeaderDoesNotConfirmDropsNothing() throws Exception
    {
        final long far = 1_000_000;
        final AtomicInteger asked = new AtomicInteger();
        final AtomicInteger told = tell(new FetchLie("", "", true, (exchange, data, victim) ->
        {
            victim.setLogStartOffset(far).setHighWatermark(far);
            return ResponseFault.Answer.of(exchange.encode(data));
        }).toldTo("shard-0"));
        source.proxy().requestListener((header) ->
        {
            if (told.get() > 0 && ApiKeys.LIST_OFFSETS == header.apiKey() && header.clientId().endsWith("-control"))
            {
                asked.incrementAndGet();
            }
        });
        // Once more after an answer, which has had its effect by then.
        Await.until(() ->
        {
            source.produce(VICTIM, 0, 1, VALUE_BYTES);
            return asked.get() > 1;
        }, () -> "told " + told + " times, asked " + asked + " times\n" + engine.stderrTail());
        source.proxy().requestListener((header) -> {});
        source.proxy().fault(null);
        awaitAllIsWell();
        assertEquals(0, status.partition(VICTIM, 0).get("logStartOffset").asLong());
    }

    /** One after the other they cannot have come sooner than the back-offs between them allow. */
    @Test
    void aBrokerThatNamesItselfInEverHigherEpochsIsAskedEverMoreSeldom() throws Exception
    {
        final int hints = 6;
        final AtomicInteger epoch = new AtomicInteger(1 << 20);
        final int first = epoch.get();
        final long beginNs = System.nanoTime();
        source.proxy().fault((exchange) ->
        {
            final FetchResponseData data = exchange.isFetch() ? exchange.fetchResponse() : new FetchResponseData();
            final FetchResponseData.PartitionData victim =
                FetchLie.named(data, IDS.get(VICTIM), new TopicPartition(VICTIM, 0));
            if (null == victim)
            {
                return null;
            }
            victim.setErrorCode(Errors.NOT_LEADER_OR_FOLLOWER.code()).setRecords(MemoryRecords.EMPTY);
            victim.currentLeader().setLeaderId(1).setLeaderEpoch(epoch.incrementAndGet());
            return ResponseFault.Answer.of(exchange.encode(data));
        });
        source.produce(VICTIM, 0, 1, VALUE_BYTES);
        Await.until(() -> epoch.get() - first >= hints, engine::stderrTail);
        final long elapsedMs = (System.nanoTime() - beginNs) / 1_000_000;
        // The first is followed at once; then 200, 400, 800 and 1,600 ms, of which jitter takes half at most.
        assertTrue(elapsedMs >= 1_500, () -> hints + " hints in " + elapsedMs + " ms");
        source.produce(OTHER, 0, 2, VALUE_BYTES);
        Await.until(() -> hasAll(OTHER), engine::stderrTail);
        source.proxy().fault(null);
        awaitAllIsWell();
    }

    @Test
    void verificationDoesNotWaitForABatchThatNeverComesWhole() throws Exception
    {
        final AtomicInteger told = tell(FetchLie.cutOff().toldTo("verify"));
        final UmbraCommand.Result result = UmbraCommand.run("verify", dir.resolve("umbra.properties").toString());
        assertTrue(told.get() > 1, () -> "told " + told + " times");
        assertEquals(1, result.exit(), result::toString);
        assertTrue(result.toString().contains("no whole batch for offset"), result::toString);
    }

    /** KIP-219: the client holds back by itself. */
    @Test
    void aThrottledConnectionIsLeftAlone() throws Exception
    {
        final AtomicLong throttledAtNs = new AtomicLong();
        final AtomicLong restNs = new AtomicLong(-1);
        source.proxy().requestListener((header) ->
        {
            if (ApiKeys.FETCH == header.apiKey() && throttledAtNs.get() != 0)
            {
                restNs.compareAndSet(-1, System.nanoTime() - throttledAtNs.get());
            }
        });
        final FetchLie throttle = new FetchLie("", "", false, (exchange, data, victim) ->
        {
            if (!throttledAtNs.compareAndSet(0, System.nanoTime()))
            {
                return null;
            }
            return ResponseFault.Answer.of(exchange.encode(data.setThrottleTimeMs(THROTTLE_MS)));
        });
        tell(throttle);
        source.produce(VICTIM, 0, 1, VALUE_BYTES);
        Await.until(() -> restNs.get() >= 0, engine::stderrTail);
        source.proxy().requestListener((header) -> {});
        // The client counts whole milliseconds from the beginning of its duty cycle.
        assertTrue(restNs.get() > (THROTTLE_MS - 100) * 1_000_000L, () -> restNs + " ns");
        source.proxy().fault(null);
        awaitAllIsWell();
    }

    /** What control plane and sampler are told on their own connections is no better. */
    @Test
    void dataGoOnWhileAllOtherAnswersAreNoise() throws Exception
    {
        final AtomicInteger told = new AtomicInteger();
        source.proxy().fault((exchange) ->
        {
            if (!Set.of(ApiKeys.METADATA, ApiKeys.LIST_OFFSETS).contains(exchange.request().apiKey()))
            {
                return null;
            }
            final byte[] frame = exchange.frame();
            switch (told.getAndIncrement() % 4)
            {
                case 0:
                    return twice(frame);
                case 1:
                    return ResponseFault.Answer.of(Exchange.frame(new byte[20]));
                case 2:
                    return ResponseFault.Answer.of(new byte[]{'H', 'T', 'T', 'P', '/'});
                default:
                    return ResponseFault.Answer.of(new byte[4]);
            }
        });
        Await.until(() -> told.get() > 20, engine::stderrTail);
        source.produce(VICTIM, 0, 2, VALUE_BYTES);
        source.produce(OTHER, 0, 2, VALUE_BYTES);
        Await.until(() -> hasAll(VICTIM) && hasAll(OTHER), engine::stderrTail);
        source.proxy().fault(null);
        source.createTopic("new", 1);
        source.produce("new", 0, 1, VALUE_BYTES);
        Await.until(() -> status.isActive("new", 0) && hasAll("new") &&
            status.partition("new", 0).get("sourceHighWatermark").asLong() == source.endOffset("new", 0),
            () -> status.partition("new", 0) + "\n" + engine.stderrTail());
        awaitAllIsWell();
    }

    /** Its first four bytes announce a response of more than a gigabyte. */
    @Test
    void whoSpeaksAnotherProtocolDoesNotEndTheEngine() throws Exception
    {
        final Map<String, Integer> told = new ConcurrentHashMap<>();
        source.proxy().fault((exchange) ->
        {
            if (exchange.isFetch())
            {
                return null;
            }
            told.merge(exchange.request().clientId(), 1, Integer::sum);
            return ResponseFault.Answer.of(new byte[]{'H', 'T', 'T', 'P', '/'});
        });
        Await.until(
            () -> Stream.of("sampler", "metadata", "control")
                .allMatch((role) -> told.getOrDefault("umbra-test-" + role, 0) > 1),
            () -> told + "\n" + engine.stderrTail());
        source.proxy().fault(null);
        source.produce(VICTIM, 0, 2, VALUE_BYTES);
        awaitAllIsWell();
    }

    private static ResponseFault.Answer twice(final byte[] frame)
    {
        final byte[] both = new byte[2 * frame.length];
        System.arraycopy(frame, 0, both, 0, frame.length);
        System.arraycopy(frame, 0, both, frame.length, frame.length);
        return ResponseFault.Answer.of(both);
    }
}
