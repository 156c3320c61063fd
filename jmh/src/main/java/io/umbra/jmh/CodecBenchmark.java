package io.umbra.jmh;

import io.umbra.codecs.data.DataFrameDecoder;
import io.umbra.codecs.data.DataFrameEncoder;
import io.umbra.codecs.data.MessageHeaderDecoder;
import io.umbra.codecs.data.MessageHeaderEncoder;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * The header of an IPC frame: encoded as the FetchAgent does, decoded as the JournalAgent does.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark
{
    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(256));
    private final MessageHeaderEncoder headerEncoder = new MessageHeaderEncoder();
    private final DataFrameEncoder encoder = new DataFrameEncoder();
    private final MessageHeaderDecoder headerDecoder = new MessageHeaderDecoder();
    private final DataFrameDecoder decoder = new DataFrameDecoder();
    private long offset;

    /** So that there is something to decode. */
    public CodecBenchmark()
    {
        encode();
    }

    /**
     * Encodes every field.
     *
     * @return the length.
     */
    @Benchmark
    public int encode()
    {
        offset += 10;
        encoder.wrapAndApplyHeader(buffer, 0, headerEncoder)
            .nodeId(0)
            .shard(1)
            .partitionIndex(7)
            .assignmentEpoch(1)
            .leaderEpoch(3)
            .leaderId(2)
            .fetchOffset(offset)
            .baseOffset(offset)
            .lastOffset(offset + 9)
            .sourceHighWatermark(offset + 1000)
            .sourceLogStartOffset(0)
            .fetchTimeNs(offset)
            .length(1 << 20)
            .chunkOffset(0)
            .batchLength(0);
        return encoder.encodedLength();
    }

    /**
     * Decodes every field that the JournalAgent reads.
     *
     * @return something that depends on all of them.
     */
    @Benchmark
    public long decode()
    {
        headerDecoder.wrap(buffer, 0);
        decoder.wrap(
            buffer, MessageHeaderDecoder.ENCODED_LENGTH, headerDecoder.blockLength(), headerDecoder.version());
        return decoder.partitionIndex() + decoder.assignmentEpoch() + decoder.leaderEpoch() + decoder.leaderId() +
            decoder.fetchOffset() + decoder.baseOffset() + decoder.lastOffset() + decoder.sourceHighWatermark() +
            decoder.sourceLogStartOffset() + decoder.fetchTimeNs() + decoder.chunkOffset() + decoder.batchLength();
    }
}
