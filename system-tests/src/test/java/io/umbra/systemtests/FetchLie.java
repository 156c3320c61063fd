package io.umbra.systemtests;

import io.umbra.rig.Exchange;
import io.umbra.rig.ResponseFault;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Something that a source might say and that is not so.
 *
 * @param name           for people.
 * @param reason         regular expression of what {@code umbra status} is to say while it lasts; empty: nothing.
 * @param isOfPartition  whether the lie is about one partition: then the others go on while it lasts.
 * @param teller         puts it in the place of the truth.
 */
record FetchLie(String name, String reason, boolean isOfPartition, Teller teller)
{
    private static final int LENGTH = 8;
    private static final int EPOCH = 12;
    private static final int MAGIC = 16;
    private static final int LAST_OFFSET_DELTA = 23;
    private static final int OVERHEAD = 12;

    /** Tells it. */
    @FunctionalInterface
    interface Teller
    {
        ResponseFault.Answer tell(Exchange exchange, FetchResponseData data, PartitionData victim);
    }

    @Override
    public String toString()
    {
        return name;
    }

    /** The partition of a topic in a response, if there are records of it. */
    static PartitionData find(final FetchResponseData data, final Uuid topicId, final TopicPartition partition)
    {
        final PartitionData named = named(data, topicId, partition);
        return null == named || 0 == FetchResponse.recordsSize(named) ? null : named;
    }

    /** The partition of a topic in a response; null if it is not named. */
    static PartitionData named(final FetchResponseData data, final Uuid topicId, final TopicPartition partition)
    {
        for (final FetchResponseData.FetchableTopicResponse topic : data.responses())
        {
            for (final PartitionData candidate : topic.partitions())
            {
                if (topicId.equals(topic.topicId()) && candidate.partitionIndex() == partition.partition())
                {
                    return candidate;
                }
            }
        }
        return null;
    }

    static byte[] records(final PartitionData partition)
    {
        final ByteBuffer buffer = ((MemoryRecords)partition.records()).buffer().duplicate();
        final byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static void records(final PartitionData partition, final byte[] bytes)
    {
        partition.setRecords(MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)));
    }

    private static int lastBatch(final byte[] records)
    {
        final ByteBuffer buffer = ByteBuffer.wrap(records);
        int last = 0;
        int next = 0;
        while (next < records.length)
        {
            last = next;
            next += OVERHEAD + buffer.getInt(next + LENGTH);
        }
        return last;
    }

    private static FetchLie ofRecords(final String name, final String reason, final UnaryOperator<byte[]> change)
    {
        return new FetchLie(name, reason, true, (exchange, data, victim) ->
        {
            records(victim, change.apply(records(victim)));
            return ResponseFault.Answer.of(exchange.encode(data));
        });
    }

    private static FetchLie ofHeader(final String name, final String reason, final Consumer<ByteBuffer> change)
    {
        return ofRecords(name, reason, (records) ->
        {
            change.accept(ByteBuffer.wrap(records));
            return records;
        });
    }

    private static FetchLie ofPartition(final String name, final String reason, final Consumer<PartitionData> change)
    {
        return new FetchLie(name, reason, true, (exchange, data, victim) ->
        {
            change.accept(victim);
            return ResponseFault.Answer.of(exchange.encode(data));
        });
    }

    private static FetchLie ofResponse(final String name, final String reason, final Consumer<FetchResponseData> change)
    {
        return new FetchLie(name, reason, false, (exchange, data, victim) ->
        {
            change.accept(data);
            return ResponseFault.Answer.of(exchange.encode(data));
        });
    }

    private static FetchLie ofBytes(final String name, final String reason, final UnaryOperator<byte[]> change)
    {
        return new FetchLie(name, reason, false, (exchange, data, victim) ->
            ResponseFault.Answer.of(change.apply(exchange.frame())));
    }

    /** The same, but others hear the truth. */
    FetchLie toldTo(final String role)
    {
        return new FetchLie(name, reason, isOfPartition, (exchange, data, victim) ->
            exchange.request().clientId().endsWith("-" + role) ? teller.tell(exchange, data, victim) : null);
    }

    static FetchLie cutOff()
    {
        return ofRecords("the head of a batch alone", "no whole batch", (records) -> Arrays.copyOf(records, 30));
    }

    private static FetchLie topLevel(final int code, final String reason)
    {
        return ofResponse("error " + code + " for all", "answers fetches with " + reason, (data) ->
            data.setErrorCode((short)code).setSessionId(0).setResponses(List.of()));
    }

    /** All that are told. */
    static List<FetchLie> all()
    {
        final List<FetchLie> lies = new ArrayList<>();
        ofBatches(lies);
        ofPartitions(lies);
        ofResponses(lies);
        ofFrames(lies);
        return lies;
    }

    private static void ofBatches(final List<FetchLie> lies)
    {
        lies.add(ofRecords("a flipped bit in the last batch", "CRC", (records) ->
        {
            records[records.length - 3] ^= 0x10;
            return records;
        }));
        lies.add(ofRecords("a flipped bit in the middle", "CRC", (records) ->
        {
            final int last = lastBatch(records);
            records[(last > 0 ? last : records.length) - 3] ^= 0x01;
            return records;
        }));
        lies.add(ofRecords("the last batch cut off", "no whole batch", (records) ->
            Arrays.copyOf(records, records.length - (records.length - lastBatch(records)) / 2)));
        lies.add(cutOff());
        lies.add(ofRecords("twelve bytes of a header", "no whole batch", (records) -> Arrays.copyOf(records, 12)));
        lies.add(ofRecords("five bytes", "no whole batch", (records) -> Arrays.copyOf(records, 5)));
        for (final int length : new int[]{0, -1, Integer.MIN_VALUE, 48, Integer.MAX_VALUE})
        {
            lies.add(ofHeader("batch length " + length, "no record batch at offset",
                (records) -> records.putInt(LENGTH, length)));
        }
        lies.add(ofHeader("batch length 1 GiB", "no whole batch", (records) -> records.putInt(LENGTH, 1 << 30)));
        lies.add(ofHeader("batch length one too small", ".+",
            (records) -> records.putInt(LENGTH, records.getInt(LENGTH) - 1)));
        lies.add(ofRecords("batches once more behind themselves", "comes next", (records) ->
        {
            final byte[] twice = Arrays.copyOf(records, 2 * records.length);
            System.arraycopy(records, 0, twice, records.length, records.length);
            return twice;
        }));
        lies.add(ofHeader("a lower base offset", "comes next|OFFSET_ORDER",
            (records) -> records.putLong(0, records.getLong(0) - 1)));
        lies.add(ofHeader("base offset 0", "comes next", (records) -> records.putLong(0, 0)));
        lies.add(ofHeader("base offset -1", "comes next|OFFSET_ORDER", (records) -> records.putLong(0, -1)));
        lies.add(ofHeader("the largest base offset", "comes next", (records) -> records.putLong(0, Long.MAX_VALUE)));
        lies.addAll(raised("sends nothing of offsets"));
        lies.add(ofHeader("last offset delta -1", "comes next|CRC|OFFSET",
            (records) -> records.putInt(LAST_OFFSET_DELTA, -1)));
        lies.add(ofHeader("last offset delta of two billion", "beyond its own high watermark",
            (records) -> records.putInt(LAST_OFFSET_DELTA, Integer.MAX_VALUE)));
        lies.add(ofHeader("a leader epoch to come", "leader epoch", (records) -> records.putInt(EPOCH, 1 << 20)));
        lies.add(ofHeader("leader epoch -7", "EPOCH_ORDER", (records) -> records.putInt(EPOCH, -7)));
        for (final int magic : new int[]{0, 1})
        {
            lies.add(ofHeader("magic " + magic, "message format " + magic,
                (records) -> records.put(MAGIC, (byte)magic)));
        }
        lies.add(ofHeader("magic 77", "no record batch", (records) -> records.put(MAGIC, (byte)77)));
    }

    /** No CRC covers a base offset. */
    static List<FetchLie> raised(final String reason)
    {
        return List.of(
            ofHeader("a higher base offset", reason,
                (records) -> records.putLong(0, records.getLong(0) + 1_000)).toldTo("shard-0"),
            ofRecords("a higher base offset behind others", reason, (records) ->
            {
                final ByteBuffer last = ByteBuffer.wrap(records).position(lastBatch(records)).slice();
                last.putLong(0, last.getLong(0) + 1_000);
                return records;
            }).toldTo("shard-0"));
    }

    private static void ofPartitions(final List<FetchLie> lies)
    {
        final AtomicReference<byte[]> before = new AtomicReference<>();
        lies.add(new FetchLie("records that were there before", "comes next", true, (exchange, data, victim) ->
        {
            if (before.compareAndSet(null, records(victim)))
            {
                return null;
            }
            records(victim, before.get());
            return ResponseFault.Answer.of(exchange.encode(data));
        }));
        lies.add(ofPartition("an unknown error", "UNKNOWN_SERVER_ERROR", (victim) ->
            victim.setErrorCode((short)9_999).setRecords(MemoryRecords.EMPTY)));
        lies.add(ofPartition("no such offset", "does not have offset", (victim) ->
            victim.setErrorCode(Errors.OFFSET_OUT_OF_RANGE.code()).setRecords(MemoryRecords.EMPTY)));
        lies.add(ofPartition("a corrupt message", "CORRUPT_MESSAGE", (victim) ->
            victim.setErrorCode(Errors.CORRUPT_MESSAGE.code()).setRecords(MemoryRecords.EMPTY)));
        lies.add(leader("a leader that does not exist", 99, 0, 0));
        lies.add(leader("a leader at an impossible address", 98, 1 << 20, 0));
        lies.add(leader("a leader where nobody listens", 97, 1 << 20, 1));
        lies.add(leader("a leader of an epoch to come", 1, 1 << 20, 0));
    }

    private static FetchLie leader(final String name, final int id, final int epoch, final int port)
    {
        return new FetchLie(name, "new leader|cannot be reached|UNKNOWN_LEADER_EPOCH", true,
            (exchange, data, victim) ->
            {
                victim.setErrorCode(Errors.NOT_LEADER_OR_FOLLOWER.code()).setRecords(MemoryRecords.EMPTY);
                victim.currentLeader().setLeaderId(id).setLeaderEpoch(epoch);
                if (1 != id && epoch > 0)
                {
                    data.nodeEndpoints().add(new FetchResponseData.NodeEndpoint()
                        .setNodeId(id).setHost("127.0.0.1").setPort(port));
                }
                return ResponseFault.Answer.of(exchange.encode(data));
            });
    }

    private static void ofResponses(final List<FetchLie> lies)
    {
        lies.add(topLevel(9_998, "UNKNOWN_SERVER_ERROR"));
        for (final Errors error : List.of(Errors.FETCH_SESSION_ID_NOT_FOUND, Errors.INVALID_FETCH_SESSION_EPOCH,
            Errors.FETCH_SESSION_TOPIC_ID_ERROR, Errors.INCONSISTENT_TOPIC_ID))
        {
            lies.add(topLevel(error.code(), error.name()));
        }
        // As brokers say it whose cache of sessions is full: no session, and no error.
        lies.add(new FetchLie("no session (any more)", "", true, (exchange, data, victim) ->
            ResponseFault.Answer.of(exchange.encode(data.setSessionId(0)))));
        lies.add(ofResponse("a partition that nobody asked for", "other partitions", (data) ->
        {
            final List<PartitionData> more = new ArrayList<>(data.responses().get(0).partitions());
            more.add(more.get(0).duplicate().setPartitionIndex(77));
            data.responses().get(0).setPartitions(more);
        }));
        lies.add(ofResponse("a wrong topic id", "other partitions", (data) ->
            data.responses().get(0).setTopicId(Uuid.randomUuid())));
    }

    private static void ofFrames(final List<FetchLie> lies)
    {
        final String unreadable = "cannot be read|instead of answering|cannot be reached";
        lies.add(ofBytes("a frame without content", unreadable, (frame) -> new byte[4]));
        lies.add(ofBytes("a frame of negative length", unreadable, (frame) -> new byte[]{-1, -1, -1, -1, 1, 2, 3}));
        lies.add(ofBytes("a frame of 2 GiB", unreadable,
            (frame) -> ByteBuffer.wrap(frame).putInt(0, Integer.MAX_VALUE).array()));
        lies.add(ofBytes("another protocol", unreadable,
            (frame) -> "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
        lies.add(ofBytes("an answer to another request", unreadable,
            (frame) -> ByteBuffer.wrap(frame).putInt(4, 4_711).array()));
        lies.add(ofBytes("a frame that is too short", unreadable, (frame) ->
        {
            final byte[] cut = Arrays.copyOf(frame, frame.length - 9);
            return ByteBuffer.wrap(cut).putInt(0, cut.length - 4).array();
        }));
        lies.add(ofBytes("noise in a frame", unreadable, (frame) ->
        {
            Arrays.fill(frame, 8, frame.length, (byte)0xA5);
            return frame;
        }));
        // All is well again before anybody can see it.
        lies.add(ofBytes("the same response twice", "", (frame) ->
        {
            final byte[] twice = Arrays.copyOf(frame, 2 * frame.length);
            System.arraycopy(frame, 0, twice, frame.length, frame.length);
            return twice;
        }));
    }
}
