package io.umbra.transport.recording;

import io.umbra.transport.FrameHeader;
import io.umbra.transport.ShardTransport;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import static org.junit.jupiter.api.Assertions.assertNull;

/** A transport with one recorded stream, whose both ends are in the test's hand. */
final class RecordedStream implements AutoCloseable
{
    static final int TERM_LENGTH = 1024 * 1024;
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(60);

    final List<String> stopReasons = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    final List<Throwable> errors = new ArrayList<>();
    final FlightRecorder recorder;
    final ShardTransport.ShardStream stream;
    private final ShardTransport transport;
    private final FrameCollector journaled = new FrameCollector();
    private final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(TERM_LENGTH / 8));

    RecordedStream(final Path dir, final long maxBytes, final long minFreeBytes)
    {
        transport = ShardTransport.launch(new ShardTransport.Context()
            .aeronDirectoryName(dir.resolve("aeron").toString())
            .shards(1)
            .termLength(TERM_LENGTH)
            .errorHandler(errors::add));
        recorder = FlightRecorder.launch(new FlightRecorder.Context(
            transport, dir.resolve("archive"), 1, maxBytes, minFreeBytes, new FlightRecorder.Events()
            {
                @Override
                public void onStopped(final String reason)
                {
                    stopReasons.add(reason);
                }

                @Override
                public void onWarning(final String text)
                {
                    warnings.add(text);
                }
            },
            errors::add));
        stream = recorder.openStream(0);
    }

    ShardTransport transport()
    {
        return transport;
    }

    /** Publishes a frame of random bytes, and takes it as the journal does. */
    String publish(final long fetchOffset, final int length)
    {
        final byte[] bytes = new byte[length];
        new Random(fetchOffset).nextBytes(bytes);
        records.putBytes(0, bytes);
        final FrameHeader header = new FrameHeader();
        header.fetchOffset = fetchOffset;
        await(() -> stream.publisher().dataFrame(header, records, 0, length));
        consume();
        return FrameCollector.line(fetchOffset, bytes);
    }

    List<String> publish(final long fromOffset, final int count, final int length)
    {
        final List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++)
        {
            lines.add(publish(fromOffset + i, length));
        }
        return lines;
    }

    void consume()
    {
        while (stream.poller().position() < stream.publisher().position())
        {
            stream.poller().poll(journaled, Integer.MAX_VALUE);
        }
    }

    void await(final BooleanSupplier condition)
    {
        final long deadlineNs = System.nanoTime() + DEADLINE_NS;
        while (!condition.getAsBoolean())
        {
            recorder.doWork();
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new AssertionError("not in time; " + stopReasons + " " + warnings + " " + errors);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    void awaitRecorded()
    {
        final Path archive = archive();
        await(() ->
        {
            try
            {
                final List<Recording> recordings = ArchiveDirectory.recordings(archive);
                return RecordingReader.endOf(archive, recordings.get(recordings.size() - 1)) ==
                    stream.publisher().position();
            }
            catch (final IOException ex)
            {
                throw new UncheckedIOException(ex);
            }
        });
        assertNull(recorder.stopReason());
    }

    Path archive()
    {
        return Path.of(transport.aeronDirectoryName()).resolveSibling("archive");
    }

    @Override
    public void close()
    {
        recorder.close();
        transport.close();
    }
}
