package io.umbra.transport;

import io.umbra.codecs.control.SourceCondition;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ShardTransportTest
{
    @TempDir
    private Path directory;

    private ShardTransport.Context context(final int termLength)
    {
        return new ShardTransport.Context()
            .aeronDirectoryName(directory.resolve("aeron").toString())
            .shards(1)
            .termLength(termLength)
            .errorHandler((throwable) -> {});
    }

    @Test
    void framesOfEverySizeArriveWholeAndInOrderAcrossManyTerms()
    {
        try (ShardTransport transport = ShardTransport.launch(context(8 * 1024 * 1024)))
        {
            final ShardTransport.ShardStream stream = transport.openStream(0);
            final FramePublisher publisher = stream.publisher();
            final Recorder recorder = new Recorder();
            final Random random = new Random(7);
            final byte[] bytes = new byte[FramePublisher.MAX_FRAME_PAYLOAD];
            random.nextBytes(bytes);
            final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length));
            records.putBytes(0, bytes);
            final FrameHeader header = new FrameHeader();
            final int[] lengths = new int[120];
            for (int i = 0; i < lengths.length; i++)
            {
                lengths[i] = 0 == i % 3 ? publisher.maxFramePayload() : 1 + random.nextInt(200_000);
                header.partitionIndex = i;
                header.fetchOffset = 10L * i;
                header.batchLength = i;
                while (!publisher.dataFrame(header, records, i, lengths[i] - i))
                {
                    stream.poller().poll(recorder, 1);
                }
            }
            while (stream.poller().position() < publisher.position())
            {
                stream.poller().poll(recorder, 4 * 1024 * 1024);
            }

            assertEquals(lengths.length, recorder.frames.size());
            for (int i = 0; i < lengths.length; i++)
            {
                final byte[] expected = new byte[lengths[i] - i];
                System.arraycopy(bytes, i, expected, 0, expected.length);
                assertArrayEquals(expected, recorder.frames.get(i), "frame " + i);
                assertEquals("p" + i + "@" + 10L * i + "/" + i, recorder.headers.get(i));
            }
        }
    }

    @Test
    void refusedFrameComesAgainWithEverythingAfterIt()
    {
        try (ShardTransport transport = ShardTransport.launch(context(8 * 1024 * 1024)))
        {
            final ShardTransport.ShardStream stream = transport.openStream(0);
            final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(300_000));
            final FrameHeader header = new FrameHeader();
            for (int i = 0; i < 3; i++)
            {
                header.partitionIndex = i;
                assertTrue(stream.publisher().dataFrame(header, records, 0, 300_000));
            }
            final Recorder recorder = new Recorder();
            recorder.refuse = "p1@0/0";
            assertEquals(1, stream.poller().poll(recorder, Integer.MAX_VALUE));
            assertEquals(0, stream.poller().poll(recorder, Integer.MAX_VALUE));
            recorder.refuse = null;
            assertEquals(2, stream.poller().poll(recorder, Integer.MAX_VALUE));
            assertEquals(List.of("p0@0/0", "p1@0/0", "p2@0/0"), recorder.headers);
            assertEquals(300_000, recorder.frames.get(1).length);
        }
    }

    @Test
    void whatIsLentIsNotCopiedAndComesBackWhenTheReaderIsDoneWithIt()
    {
        try (ShardTransport transport = ShardTransport.launch(context(8 * 1024 * 1024)))
        {
            final ShardTransport.ShardStream stream = transport.openStream(0);
            final FramePublisher publisher = stream.publisher();
            final ByteBuffer memory = ByteBuffer.allocateDirect(1_000_000);
            new Random(7).ints(memory.capacity()).forEach((value) -> memory.put((byte)value));
            // Not where the memory begins, as batches in a response.
            final UnsafeBuffer records = new UnsafeBuffer(memory.slice(1_000, 900_000));
            final FrameHeader header = new FrameHeader();
            header.fetchOffset = 5;
            assertTrue(publisher.lendFrame(header, records, 17, 800_000));
            final long lentPosition = publisher.lentPosition();
            assertTrue(lentPosition < FramePublisher.MIN_LENT_BYTES);
            assertTrue(publisher.lendFrame(header, records, 0, 100));
            assertEquals(lentPosition, publisher.lentPosition());

            final Recorder recorder = new Recorder();
            recorder.refuse = "p0@5/0";
            assertEquals(0, stream.poller().poll(recorder, Integer.MAX_VALUE));
            assertFalse(publisher.isRead(lentPosition));
            recorder.refuse = null;
            assertEquals(1, stream.poller().poll(recorder, 1));
            assertTrue(publisher.isRead(lentPosition));
            assertEquals(1, stream.poller().poll(recorder, 1));
            final byte[] expected = new byte[800_000];
            memory.get(1_017, expected);
            assertArrayEquals(expected, recorder.frames.get(0));
            assertEquals(100, recorder.frames.get(1).length);
        }
    }

    @Test
    void noMoreIsLentThanTheReaderHasPlacesFor()
    {
        try (ShardTransport transport = ShardTransport.launch(context(8 * 1024 * 1024)))
        {
            final ShardTransport.ShardStream stream = transport.openStream(0);
            final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(FramePublisher.MIN_LENT_BYTES));
            final FrameHeader header = new FrameHeader();
            final Recorder recorder = new Recorder();
            int published = 0;
            for (int round = 0; round < 3; round++)
            {
                while (stream.publisher().lendFrame(header, records, 0, records.capacity()))
                {
                    published++;
                }
                assertEquals(1024 + round, published);
                assertEquals(1, stream.poller().poll(recorder, 1));
            }
        }
    }

    @Test
    void inARecordedStreamAllBytesAreCopied()
    {
        try (ShardTransport transport = ShardTransport.launch(context(8 * 1024 * 1024)))
        {
            final ShardTransport.ShardStream stream = transport.openRecordedStream(0, null);
            final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(300_000));
            assertTrue(stream.publisher().lendFrame(new FrameHeader(), records, 0, 300_000));
            assertTrue(stream.publisher().position() > 300_000);
            assertEquals(0, stream.publisher().lentPosition());
            final Recorder recorder = new Recorder();
            assertEquals(1, stream.poller().poll(recorder, 1));
            assertEquals(300_000, recorder.frames.get(0).length);
        }
    }

    @Test
    void theSmallestTermsDoToo()
    {
        for (int termLength = 64 * 1024; termLength <= 1024 * 1024; termLength *= 4)
        {
            try (ShardTransport transport = ShardTransport.launch(context(termLength)))
            {
                final ShardTransport.ShardStream stream = transport.openStream(0);
                final int length = stream.publisher().maxFramePayload();
                final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(length));
                assertTrue(stream.publisher().dataFrame(new FrameHeader(), records, 0, length));
                final Recorder recorder = new Recorder();
                assertEquals(1, stream.poller().poll(recorder, Integer.MAX_VALUE));
                assertEquals(length, recorder.frames.get(0).length);
            }
        }
    }

    @Test
    void controlMessagesKeepTheirPlaceAmongTheData()
    {
        try (ShardTransport transport = ShardTransport.launch(context(8 * 1024 * 1024)))
        {
            final ShardTransport.ShardStream stream = transport.openStream(0);
            final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(100));
            final FrameHeader header = new FrameHeader();
            assertTrue(stream.publisher().sourceConditionChanged(4, 2, 77, 1, SourceCondition.FETCHING, ""));
            assertTrue(stream.publisher().dataFrame(header, records, 0, 100));
            assertTrue(stream.publisher().logStartAdvanced(4, 2, 55, 1));
            assertTrue(stream.publisher().sourceConditionChanged(4, 2, 78, 1, SourceCondition.FAULTED, "größer"));
            final Recorder recorder = new Recorder();
            assertEquals(4, stream.poller().poll(recorder, Integer.MAX_VALUE));
            assertEquals(List.of("4/2 FETCHING at 77 ", "p0@0/0", "4/2 start 55", "4/2 FAULTED at 78 größer"),
                recorder.headers);
        }
    }

    @Test
    void backPressureIsSaidAndNothingIsLost()
    {
        try (ShardTransport transport = ShardTransport.launch(context(8 * 1024 * 1024)))
        {
            final ShardTransport.ShardStream stream = transport.openStream(0);
            final UnsafeBuffer records = new UnsafeBuffer(ByteBuffer.allocateDirect(1000_000));
            final FrameHeader header = new FrameHeader();
            final AtomicInteger listened = new AtomicInteger();
            stream.publisher().onBackPressure(listened::incrementAndGet);
            int offered = 0;
            while (stream.publisher().dataFrame(header, records, 0, 1000_000))
            {
                offered++;
                assertTrue(offered < 100, "no back pressure");
            }
            assertEquals(1, listened.get());
            assertFalse(stream.publisher().logStartAdvanced(0, 0, 0, 0));
            assertEquals(2, listened.get());
            final Recorder recorder = new Recorder();
            while (stream.poller().position() < stream.publisher().position())
            {
                stream.poller().poll(recorder, Integer.MAX_VALUE);
            }
            assertEquals(offered, recorder.frames.size());
        }
    }

    @Test
    void tooLittleRoomForTheTermsIsAClearError()
    {
        final ShardTransport.Context ctx = context(1024 * 1024 * 1024).shards(1_000_000);
        final TransportException ex = assertThrows(TransportException.class, () -> ShardTransport.launch(ctx));
        assertTrue(ex.getMessage().contains("MiB are needed"), ex.getMessage());
        assertTrue(ex.getMessage().contains("shard.term.length"), ex.getMessage());
    }

    private static final class Recorder implements FrameHandler
    {
        final List<byte[]> frames = new ArrayList<>();
        final List<String> headers = new ArrayList<>();
        final ByteArrayOutputStream current = new ByteArrayOutputStream();
        String refuse;

        public void onFrameBegin()
        {
            current.reset();
        }

        public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
        {
            final byte[] bytes = new byte[length];
            termBuffer.get(offset, bytes);
            current.writeBytes(bytes);
        }

        public boolean onFrameEnd(final FrameHeader header)
        {
            final String text = "p" + header.partitionIndex + "@" + header.fetchOffset + "/" + header.batchLength;
            if (text.equals(refuse))
            {
                return false;
            }
            headers.add(text);
            frames.add(current.toByteArray());
            return true;
        }

        public boolean onLogStartAdvanced(
            final int partitionIndex, final int assignmentEpoch, final long logStartOffset, final long timeNs)
        {
            headers.add(partitionIndex + "/" + assignmentEpoch + " start " + logStartOffset);
            return true;
        }

        public boolean onSourceConditionChanged(
            final int partitionIndex,
            final int assignmentEpoch,
            final long fetchOffset,
            final long timeNs,
            final SourceCondition condition,
            final String text)
        {
            headers.add(partitionIndex + "/" + assignmentEpoch + " " + condition + " at " + fetchOffset + " " + text);
            return true;
        }

        @Override
        public boolean onSourceDiverged(
            final int partitionIndex,
            final int assignmentEpoch,
            final long fetchOffset,
            final int leaderEpoch,
            final long endOffset,
            final long timeNs)
        {
            headers.add(partitionIndex + "/" + assignmentEpoch + " diverged at " + fetchOffset + ": " + leaderEpoch +
                "@" + endOffset);
            return true;
        }

        @Override
        public boolean onOffsetsLost(
            final int partitionIndex,
            final int assignmentEpoch,
            final long fromOffset,
            final long toOffset,
            final long timeNs)
        {
            headers.add(partitionIndex + "/" + assignmentEpoch + " lost " + fromOffset + ".." + toOffset);
            return true;
        }
    }
}
