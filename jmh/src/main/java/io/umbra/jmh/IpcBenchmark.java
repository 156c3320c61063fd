package io.umbra.jmh;

import io.umbra.transport.FrameHandlerAdapter;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.ShardTransport;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A frame into a shard's IPC stream and out of it again, on one thread: encoding, the one copy or a reference in its
 * place, and the peek.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class IpcBenchmark
{
    /** Record bytes in the frame. */
    @Param({"1000", "65000", "1048000"})
    private int frameBytes;

    private final FrameHeader header = new FrameHeader();
    private final Counting handler = new Counting();
    private UnsafeBuffer records;
    private ShardTransport transport;
    private ShardTransport.ShardStream stream;

    /**
     * Launch the driver.
     *
     * @throws IOException if there is no room for it.
     */
    @Setup(Level.Trial)
    public void setUp() throws IOException
    {
        final Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "umbra-bench");
        transport = ShardTransport.launch(new ShardTransport.Context()
            .aeronDirectoryName(directory.toString())
            .errorHandler(Throwable::printStackTrace));
        stream = transport.openStream(0);
        records = new UnsafeBuffer(ByteBuffer.allocateDirect(frameBytes));
    }

    /** Close the driver, which removes its directory. */
    @TearDown(Level.Trial)
    public void tearDown()
    {
        transport.close();
    }

    /**
     * In and out, by a copy.
     *
     * @return bytes seen so far.
     */
    @Benchmark
    public long publishAndPoll()
    {
        while (!stream.publisher().dataFrame(header, records, 0, frameBytes))
        {
            stream.poller().poll(handler, 1 << 20);
        }
        stream.poller().poll(handler, 1 << 20);
        return handler.bytes;
    }

    /**
     * In and out, lent where the frame is large enough for that.
     *
     * @return bytes seen so far.
     */
    @Benchmark
    public long lendAndPoll()
    {
        while (!stream.publisher().lendFrame(header, records, 0, frameBytes))
        {
            stream.poller().poll(handler, 1 << 20);
        }
        stream.poller().poll(handler, 1 << 20);
        return handler.bytes;
    }

    private static final class Counting implements FrameHandlerAdapter
    {
        private long bytes;

        @Override
        public void onFrameBegin()
        {
        }

        @Override
        public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
        {
            bytes += length;
        }

        @Override
        public boolean onFrameEnd(final FrameHeader header)
        {
            return true;
        }
    }
}
