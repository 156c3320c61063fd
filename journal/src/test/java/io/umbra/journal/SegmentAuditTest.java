package io.umbra.journal;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.IntConsumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SegmentAuditTest
{
    private static final List<ByteBuffer> BATCHES = TestBatches.generate(33, 200);
    private static final int WANTED_BATCHES = 5;
    private static final IntConsumer NOBODY = (bytes) ->
    {
    };

    @TempDir
    private Path dir;
    private PartitionLog log;
    private SegmentAudit audit;
    private int index = 1;
    private SegmentAudit.Segment segment;

    @BeforeEach
    void writeALog() throws Exception
    {
        log = PartitionLog.open(TestLogs.context(dir));
        TestLogs.append(log, BATCHES);
        TestLogs.flush(log);
        audit = SegmentAudit.open(log.directory());
        assertTrue(audit.sealed().size() > 3, "wants several segments");
        while (batches(audit.sealed().get(index)) < WANTED_BATCHES)
        {
            index++;
        }
        segment = audit.sealed().get(index);
    }

    private int batches(final SegmentAudit.Segment sealed) throws IOException
    {
        final int[] count = new int[1];
        audit.check(sealed, (bytes) -> count[0]++);
        return count[0];
    }

    @AfterEach
    void close() throws IOException
    {
        log.close();
    }

    /** Every segment but the damaged one is sound. */
    private SegmentAudit.Finding onlyFinding() throws IOException
    {
        for (final SegmentAudit.Segment other : audit.sealed())
        {
            if (!other.equals(segment))
            {
                assertEquals(List.of(), audit.check(other, NOBODY));
            }
        }
        final List<SegmentAudit.Finding> findings = audit.check(segment, NOBODY);
        assertEquals(1, findings.size(), findings::toString);
        return findings.get(0);
    }

    private BatchHeader flip(final int batch, final int field) throws IOException
    {
        final BatchHeader header = new BatchHeader();
        try (FileChannel channel = FileChannel.open(
            segment.file(), StandardOpenOption.READ, StandardOpenOption.WRITE))
        {
            final ByteBuffer bytes = ByteBuffer.allocate((int)channel.size());
            channel.read(bytes, 0);
            int position = 0;
            header.read(bytes, position);
            // One without records has nothing to flip.
            for (int i = 0; i < batch || header.sizeInBytes() <= field; i++)
            {
                position += header.sizeInBytes();
                header.read(bytes, position);
            }
            bytes.put(position + field, (byte)(bytes.get(position + field) ^ 4));
            channel.write(bytes.limit(position + field + 1).position(position + field), position + field);
        }
        return header;
    }

    @Test
    void soundSegmentsAreReadWholly() throws Exception
    {
        final long[] bytes = new long[1];
        long expected = 0;
        long base = 0;
        for (final SegmentAudit.Segment sealed : audit.sealed())
        {
            assertEquals(base, sealed.baseOffset());
            assertEquals(List.of(), audit.check(sealed, (read) -> bytes[0] += read));
            expected += Files.size(sealed.file());
            base = sealed.nextBaseOffset();
        }
        assertEquals(expected, bytes[0]);
        assertEquals(TestLogs.TOPIC_ID, audit.topicId());
        assertTrue(base < log.endOffset(), "the active segment is none of its business");
    }

    @Test
    void aFlippedBitInTheRecords() throws Exception
    {
        final BatchHeader damaged = flip(2, BatchHeader.SIZE);
        final SegmentAudit.Finding finding = onlyFinding();
        assertEquals(SegmentAudit.Kind.CORRUPT, finding.kind());
        assertEquals(damaged.lastOffset(), finding.lastOffset());
        assertTrue(finding.offset() <= damaged.baseOffset, finding::toString);
        assertTrue(finding.position() > 0, finding::toString);
    }

    /** Base offset and leader epoch: no CRC covers them. */
    @ParameterizedTest
    @ValueSource(ints = {7, 15})
    void aFlippedBitThatNoCrcCovers(final int field) throws Exception
    {
        flip(1, field);
        assertEquals(SegmentAudit.Kind.CHANGED, onlyFinding().kind());
    }

    @Test
    void aFlippedBitInALength() throws Exception
    {
        flip(1, 8);
        final SegmentAudit.Finding finding = onlyFinding();
        assertEquals(SegmentAudit.Kind.UNREADABLE, finding.kind());
        assertEquals(segment.nextBaseOffset() - 1, finding.lastOffset());
    }

    @Test
    void aSegmentThatEndsTooSoon() throws Exception
    {
        final long size = Files.size(segment.file());
        try (FileChannel channel = FileChannel.open(segment.file(), StandardOpenOption.WRITE))
        {
            channel.truncate(size - 10);
        }
        segment = audit.sealed().get(index);
        assertEquals(SegmentAudit.Kind.UNREADABLE, onlyFinding().kind());
    }

    @Test
    void aSegmentThatLacksItsLastBatch() throws Exception
    {
        final SegmentAudit.Segment[] last = {segment};
        final int[] bytes = new int[1];
        audit.check(segment, (read) -> bytes[0] = read);
        try (FileChannel channel = FileChannel.open(segment.file(), StandardOpenOption.WRITE))
        {
            channel.truncate(channel.size() - bytes[0]);
        }
        segment = audit.sealed().get(index);
        assertEquals(last[0].baseOffset(), segment.baseOffset());
        assertEquals(SegmentAudit.Kind.CHANGED, onlyFinding().kind());
    }

    @Test
    void theRestOfADamagedSegmentIsReadToo() throws Exception
    {
        flip(0, BatchHeader.SIZE);
        flip(2, BatchHeader.SIZE);
        assertEquals(2, audit.check(segment, NOBODY).size());
    }

    @Test
    void whatIsCutOrDeletedMeanwhileIsNoFinding() throws Exception
    {
        flip(2, BatchHeader.SIZE);
        assertEquals(List.of(), audit.check(segment, (bytes) -> deleteIfExists(segment.file())));
        assertEquals(List.of(), audit.check(segment, NOBODY));
        final SegmentAudit.Segment cut = audit.sealed().get(index);
        assertEquals(segment.nextBaseOffset(), cut.baseOffset());
        assertEquals(List.of(), audit.check(cut, NOBODY));
    }

    @Test
    void withoutAnchorsTheCrcsAreLeft() throws Exception
    {
        Files.delete(log.directory().resolve(DigestAnchors.FILE_NAME));
        flip(2, BatchHeader.SIZE);
        assertEquals(SegmentAudit.Kind.CORRUPT, onlyFinding().kind());
    }

    @Test
    void whatTheListenerThrowsEndsIt()
    {
        assertThrows(IllegalStateException.class, () -> audit.check(segment, (bytes) ->
        {
            throw new IllegalStateException();
        }));
    }

    @Test
    void aDirectoryThatIsNone()
    {
        assertThrows(NoSuchFileException.class, () -> SegmentAudit.open(dir.resolve("none-0")));
    }

    private static void deleteIfExists(final Path file)
    {
        try
        {
            Files.deleteIfExists(file);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }
}
