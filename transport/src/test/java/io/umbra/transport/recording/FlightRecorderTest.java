package io.umbra.transport.recording;

import io.aeron.Aeron;
import io.aeron.Counter;
import io.aeron.archive.status.RecordingPos;
import io.umbra.codecs.control.SourceCondition;
import io.umbra.transport.CounterTypes;
import io.umbra.transport.TransportException;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The recorder with a real media driver and a real archive, and the reader on what they leave on disk. */
class FlightRecorderTest
{
    private static final int TERM_LENGTH = RecordedStream.TERM_LENGTH;
    private static final long LARGE = 1L << 30;
    private static final int FRAME = 100_000;

    @TempDir
    private Path dir;
    private final List<Finding> findings = new ArrayList<>();

    private Path archive()
    {
        return dir.resolve("archive");
    }

    private Recording onlyRecording() throws IOException
    {
        final List<Recording> recordings = ArchiveDirectory.recordings(archive());
        assertEquals(1, recordings.size(), recordings::toString);
        return recordings.get(0);
    }

    private List<String> read(final Path archive) throws IOException
    {
        final List<Recording> recordings = ArchiveDirectory.recordings(archive);
        final FrameCollector collector = new FrameCollector();
        try (RecordingReader reader =
            new RecordingReader(archive, recordings.get(0), 0, Long.MAX_VALUE, findings::add))
        {
            while (!reader.isAtEnd())
            {
                reader.poll(collector, TERM_LENGTH);
            }
        }
        return collector.lines;
    }

    private static long counter(final RecordedStream recorded, final int typeId)
    {
        final CountersReader counters = recorded.transport().client().countersReader();
        final long[] value = {-1};
        counters.forEach((counterId, type, key, label) ->
        {
            if (typeId == type)
            {
                value[0] = counters.getCounterValue(counterId);
            }
        });
        return value[0];
    }

    @Test
    void whatWasPublishedIsReadAgainWhileItIsRecordedAndAfterwards() throws IOException
    {
        final List<String> expected = new ArrayList<>();
        try (RecordedStream recorded = new RecordedStream(dir, LARGE, 0))
        {
            assertEquals(1, counter(recorded, CounterTypes.RECORDER_STATE));
            assertTrue(recorded.stream.publisher().sourceConditionChanged(0, 1, 7, 1, SourceCondition.FETCHING, ""));
            expected.add("FETCHING at 7");
            // Several terms, with padding at their ends, and frames of one fragment and of many.
            expected.addAll(recorded.publish(0, 30, FRAME));
            expected.addAll(recorded.publish(30, 5, 100));
            recorded.awaitRecorded();
            assertEquals(expected, read(archive()));
            assertFalse(onlyRecording().isStopped());
            recorded.await(() -> counter(recorded, CounterTypes.RECORDED_BYTES) ==
                recorded.stream.publisher().position());
            // Not waited for: the recorder's close has to take it in.
            expected.addAll(recorded.publish(35, 10, FRAME));
        }
        assertTrue(onlyRecording().isStopped());
        assertEquals(expected, read(archive()));
        assertEquals(List.of(), findings);
    }

    @Test
    void aRestartGoesOnWithTheSameRecording() throws IOException
    {
        final List<String> expected = new ArrayList<>();
        long end = 0;
        for (int run = 0; run < 3; run++)
        {
            try (RecordedStream recorded = new RecordedStream(dir, LARGE, 0))
            {
                assertEquals(List.of(new FlightRecorder.Start(0, 0, end, false)), recorded.recorder.starts());
                expected.addAll(recorded.publish(100 * run, 15, FRAME));
                end = recorded.stream.publisher().position();
            }
            assertEquals(end, onlyRecording().stopPosition());
        }
        assertEquals(expected, read(archive()));
        assertEquals(List.of(), findings);
    }

    @Test
    void anArchiveHasOneRecorder()
    {
        try (RecordedStream recorded = new RecordedStream(dir, LARGE, 0))
        {
            final TransportException ex = assertThrows(TransportException.class, () ->
                FlightRecorder.launch(new FlightRecorder.Context(
                    recorded.transport(), archive(), 1, LARGE, 0, null, null)));
            assertTrue(ex.getMessage().contains(archive().toString()), ex::getMessage);
        }
    }

    /** What a killed engine leaves: no stop position, and a last frame that is not whole. */
    @Test
    void aTornRecordingEndsWithItsLastWholeMessageAndGoesOn() throws IOException
    {
        final List<String> expected = new ArrayList<>();
        final Path killed = dir.resolve("killed");
        try (RecordedStream recorded = new RecordedStream(dir, LARGE, 0))
        {
            expected.addAll(recorded.publish(0, 4, FRAME));
            recorded.awaitRecorded();
            copy(archive(), killed.resolve("archive"));
        }
        // The last of the second message's two fragments is cut off behind its first page.
        final long end = RecordingReader.endOf(killed.resolve("archive"), onlyRecording());
        try (FileChannel channel = FileChannel.open(
            ArchiveDirectory.segment(killed.resolve("archive"), 0, 0), StandardOpenOption.WRITE))
        {
            channel.truncate(end - FRAME / 4);
            channel.write(ByteBuffer.allocate(1), TERM_LENGTH - 1);
        }
        expected.remove(3);
        assertEquals(expected, read(killed.resolve("archive")));
        assertEquals(List.of(), findings);

        try (RecordedStream recorded = new RecordedStream(killed, LARGE, 0))
        {
            assertEquals(1, recorded.warnings.size(), recorded.warnings::toString);
            assertTrue(recorded.recorder.starts().get(0).position() > 0);
            assertTrue(recorded.recorder.starts().get(0).isAfterKill());
            expected.addAll(recorded.publish(10, 4, FRAME));
        }
        assertEquals(expected, read(killed.resolve("archive")));
        assertEquals(1, findings.size(), findings::toString);
        assertEquals(Finding.Kind.TORN, findings.get(0).kind());
        assertFalse(findings.get(0).isLoss());
    }

    /** The archive itself looks for an end in pieces of a term's length, and fails where one ends with a frame. */
    @Test
    void aKilledRecordingThatEndsWithItsTermGoesOn() throws IOException
    {
        final Path killed = dir.resolve("killed");
        try (RecordedStream recorded = new RecordedStream(dir, LARGE, 0))
        {
            recorded.publish(0, 15, FRAME);
            assertTrue(recorded.stream.publisher().position() > TERM_LENGTH);
            recorded.awaitRecorded();
            copy(archive(), killed.resolve("archive"));
        }
        try (FileChannel channel = FileChannel.open(
            ArchiveDirectory.segment(killed.resolve("archive"), 0, 0), StandardOpenOption.WRITE))
        {
            channel.truncate(TERM_LENGTH);
            channel.write(ByteBuffer.allocate(1), 2 * TERM_LENGTH - 1);
        }
        final List<String> expected = new ArrayList<>(read(killed.resolve("archive")));
        assertFalse(expected.isEmpty());
        try (RecordedStream recorded = new RecordedStream(killed, LARGE, 0))
        {
            assertEquals(
                List.of(new FlightRecorder.Start(0, 0, TERM_LENGTH, true)), recorded.recorder.starts());
            expected.addAll(recorded.publish(20, 4, FRAME));
        }
        assertEquals(expected, read(killed.resolve("archive")));
        assertEquals(List.of(), findings);
    }

    @Test
    void damageAndMissingFilesArePassedOverAndSaid() throws IOException
    {
        final List<String> expected;
        // Files of one term each.
        try (RecordedStream recorded = new RecordedStream(dir, 8L * TERM_LENGTH, 0))
        {
            expected = recorded.publish(0, 60, FRAME);
        }
        assertEquals(expected, read(archive()));
        assertEquals(List.of(), findings);
        final Recording recording = onlyRecording();
        final long flipped = recording.startPosition() + TERM_LENGTH + TERM_LENGTH / 2;
        try (FileChannel channel = FileChannel.open(
            ArchiveDirectory.segment(archive(), 0, recording.segmentBase(flipped)),
            StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, TERM_LENGTH / 2);
            one.put(0, (byte)~one.get(0)).clear();
            channel.write(one, TERM_LENGTH / 2);
        }
        Files.delete(ArchiveDirectory.segment(archive(), 0, recording.startPosition() + 3L * TERM_LENGTH));

        final List<String> read = read(archive());
        assertTrue(expected.containsAll(read));
        // Half a term behind the flipped bit, and a term that is missing.
        assertTrue(read.size() < expected.size() - 12 && read.size() > expected.size() - 20, () -> read.size() + "");
        assertEquals(
            List.of(Finding.Kind.DAMAGED, Finding.Kind.MISSING), findings.stream().map(Finding::kind).toList());
        assertEquals(recording.startPosition() + 2L * TERM_LENGTH, findings.get(0).toPosition());
        assertEquals(recording.startPosition() + 4L * TERM_LENGTH, findings.get(1).toPosition());
    }

    /** As another version of Umbra would have recorded it. */
    @Test
    void aMessageOfAnotherSchemaVersionIsSaidAndTheOthersAreRead() throws IOException
    {
        final List<String> expected;
        try (RecordedStream recorded = new RecordedStream(dir, LARGE, 0))
        {
            expected = recorded.publish(0, 3, 100);
        }
        for (final int version : new int[]{0, 77})
        {
            final long second = changeVersionOfTheSecond(version);
            final FrameCollector collector = new FrameCollector();
            try (RecordingReader reader =
                new RecordingReader(archive(), onlyRecording(), 0, Long.MAX_VALUE, findings::add))
            {
                final TransportException ex = assertThrows(TransportException.class, () ->
                {
                    while (!reader.isAtEnd())
                    {
                        reader.poll(collector, TERM_LENGTH);
                    }
                });
                assertTrue(ex.getMessage().contains("position " + second + ":"), ex::getMessage);
                assertTrue(ex.getMessage().contains("version " + version + ","), ex::getMessage);
                reader.poll(collector, TERM_LENGTH);
            }
            assertEquals(List.of(expected.get(0), expected.get(2)), collector.lines);
        }
        assertEquals(List.of(), findings);
    }

    private long changeVersionOfTheSecond(final int version) throws IOException
    {
        final int frameHeader = 32;
        final Path file = ArchiveDirectory.segment(archive(), 0, 0);
        final ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        final int length = (bytes.getInt(0) + 31) & -32;
        final int second = length;
        bytes.putShort(second + frameHeader + 6, (short)version);
        final CRC32C crc = new CRC32C();
        crc.update(bytes.array(), second + frameHeader, length - frameHeader);
        bytes.putInt(second + 12, (int)crc.getValue());
        Files.write(file, bytes.array());
        return second;
    }

    @Test
    void theOldestFilesAreDeletedButNotThoseThatAreReplayed() throws IOException
    {
        final long maxBytes = 8L * TERM_LENGTH;
        try (RecordedStream recorded = new RecordedStream(dir, maxBytes, 0))
        {
            recorded.publish(0, 30, FRAME);
            try (ReplayHold hold = ReplayHold.of(archive()))
            {
                hold.advance(0, TERM_LENGTH);
                recorded.publish(30, 100, FRAME);
                recorded.awaitRecorded();
                // The first file may go, the second is needed.
                recorded.await(() -> !recorded.warnings.isEmpty());
                assertEquals(TERM_LENGTH, onlyRecording().startPosition());
                assertTrue(segmentBytes() > maxBytes);
            }
            recorded.await(() -> segmentBytes() <= maxBytes);
            recorded.publish(130, 200, FRAME);
            recorded.awaitRecorded();
            recorded.await(() -> segmentBytes() <= maxBytes);
            assertTrue(onlyRecording().startPosition() > 0);
            assertNull(recorded.recorder.stopReason());
        }
        final List<String> read = read(archive());
        assertEquals(List.of(), findings);
        assertTrue(read.get(read.size() - 1).startsWith("frame 329:"));
    }

    private long segmentBytes()
    {
        try (Stream<Path> files = Files.list(archive()))
        {
            return files.filter((file) -> file.toString().endsWith(".rec")).count() * TERM_LENGTH;
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }
    }

    @Test
    void whenTheArchiveFailsTheStreamGoesOn() throws IOException
    {
        try (RecordedStream recorded = new RecordedStream(dir, 8L * TERM_LENGTH, 0))
        {
            // Where the recorder will want to begin its second file.
            Files.createFile(ArchiveDirectory.segment(archive(), 0, TERM_LENGTH));
            recorded.publish(0, 100, FRAME);
            recorded.await(() -> !recorded.stopReasons.isEmpty());
            assertTrue(
                recorded.stopReasons.get(0).contains("segment file already exists"), recorded.stopReasons::toString);
            assertEquals(2, counter(recorded, CounterTypes.RECORDER_STATE));
            assertNotNull(recorded.recorder.stopReason());
            recorded.publish(100, 100, FRAME);
            assertEquals(1, recorded.stopReasons.size());
        }
    }

    /** A recorder that stands still while the journal goes on is what holds a stream up. */
    @Test
    void whetherTheRecorderHoldsAStreamUpIsCounted()
    {
        final long recordingId = 7;
        try (RecordedStream recorded = new RecordedStream(dir, LARGE, 0))
        {
            final Aeron client = recorded.transport().client();
            final Counter position = RecordingPos.allocate(
                client, new UnsafeBuffer(new byte[1024]), 1, recordingId, 2, 1001, "aeron:ipc", "aeron:ipc");
            final AtomicCounter waits = recorded.transport().counter(CounterTypes.RECORDER_WAITS, "waits");
            final RecordedShard shard = new RecordedShard(
                0, recordingId, client.countersReader(), position.id(), 0, recorded.stream, null, null, waits);
            recorded.publish(0, 3, FRAME);
            shard.onBackPressure();
            shard.onBackPressure();
            assertEquals(2, waits.get());
            position.setRelease(recorded.stream.poller().position());
            shard.onBackPressure();
            assertEquals(2, waits.get());
        }
    }

    @Test
    void withLittleRoomThereIsNoRecording() throws IOException
    {
        try (RecordedStream recorded = new RecordedStream(dir, LARGE, Long.MAX_VALUE))
        {
            assertEquals(1, recorded.stopReasons.size());
            assertEquals(2, counter(recorded, CounterTypes.RECORDER_STATE));
            assertEquals(List.of(), recorded.recorder.starts());
            recorded.publish(0, 50, FRAME);
        }
        assertFalse(ArchiveDirectory.exists(archive()));
    }

    private static void copy(final Path from, final Path to) throws IOException
    {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from))
        {
            for (final Path file : files.filter(Files::isRegularFile).toList())
            {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }
}
