package io.umbra.journal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/** Opens, copies and compares partition logs. */
final class TestLogs
{
    static final UUID TOPIC_ID = new UUID(0x0123456789abcdefL, 0x0fedcba987654321L);
    static final String TOPIC = "orders";
    static final int SEGMENT_BYTES = 6000;
    static final int INDEX_INTERVAL = 700;

    private TestLogs()
    {
    }

    static PartitionLogContext context(final Path journalDir)
    {
        return new PartitionLogContext()
            .journalDir(journalDir)
            .partition(TOPIC, 3)
            .topicId(TOPIC_ID)
            .segmentBytes(SEGMENT_BYTES)
            .indexIntervalBytes(INDEX_INTERVAL)
            .segmentFiles(new TestFiles())
            .clock(() -> TestBatches.TIME);
    }

    static void append(final PartitionLog log, final ByteBuffer... batches) throws Exception
    {
        append(log, List.of(batches));
    }

    /** One append for each batch, so that segments begin where they did before. */
    static void append(final PartitionLog log, final List<ByteBuffer> batches) throws Exception
    {
        final AppendResult result = new AppendResult();
        for (final ByteBuffer batch : batches)
        {
            log.append(TestBatches.bytes(batch), result);
        }
    }

    static void flush(final PartitionLog log) throws IOException
    {
        force(log.prepareFlush());
    }

    static void flushLog(final PartitionLog log) throws IOException
    {
        force(log.prepareLogFlush());
    }

    private static void force(final FlushTicket ticket) throws IOException
    {
        if (ticket != null)
        {
            ticket.forceAndReturn();
        }
    }

    static long digest(final List<ByteBuffer> batches)
    {
        long digest = RollingDigest.SEED;
        for (final ByteBuffer batch : batches)
        {
            digest = RollingDigest.update(digest, TestBatches.header(batch));
        }
        return digest;
    }

    static long endOffset(final List<ByteBuffer> batches)
    {
        return batches.isEmpty() ? 0 : TestBatches.header(batches.get(batches.size() - 1)).lastOffset() + 1;
    }

    static List<ByteBuffer> read(final Path partitionDir) throws IOException
    {
        final List<ByteBuffer> batches = new ArrayList<>();
        try (LogReader reader = LogReader.open(partitionDir))
        {
            BatchView view = reader.next();
            while (view != null)
            {
                final ByteBuffer copy = ByteBuffer.allocate(view.sizeInBytes());
                copy.put(view.buffer()).flip();
                batches.add(copy);
                view = reader.next();
            }
        }
        return batches;
    }

    static void assertPrefix(final List<ByteBuffer> written, final List<ByteBuffer> read)
    {
        for (int i = 0; i < read.size(); i++)
        {
            assertEquals(written.get(i), read.get(i), "batch " + i);
        }
    }

    static void copy(final Path from, final Path to) throws IOException
    {
        try (Stream<Path> paths = Files.walk(from))
        {
            for (final Path path : (Iterable<Path>)paths::iterator)
            {
                final Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path))
                {
                    Files.createDirectories(target);
                }
                else
                {
                    Files.copy(path, target);
                }
            }
        }
    }

    static void delete(final Path directory) throws IOException
    {
        try (Stream<Path> paths = Files.walk(directory))
        {
            for (final Path path : (Iterable<Path>)paths.sorted(Comparator.reverseOrder())::iterator)
            {
                Files.delete(path);
            }
        }
    }

    static Map<String, byte[]> files(final Path directory) throws IOException
    {
        final Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(directory))
        {
            for (final Path path : (Iterable<Path>)paths::iterator)
            {
                files.put(path.getFileName().toString(), Files.readAllBytes(path));
            }
        }
        return files;
    }

    /** Every file the same, byte for byte. */
    static void assertSameFiles(final Path expected, final Path actual) throws IOException
    {
        assertSameFiles(expected, actual, true);
    }

    static void assertSameFiles(final Path expected, final Path actual, final boolean anchorsWhole) throws IOException
    {
        final Map<String, byte[]> expectedFiles = files(expected);
        final Map<String, byte[]> actualFiles = files(actual);
        assertEquals(String.join("\n", expectedFiles.keySet()), String.join("\n", actualFiles.keySet()));
        // Where digests were noted within a segment is a matter of history.
        final Map<Long, DigestAnchors.Anchor> anchors = segmentAnchors(expected);
        if (!anchorsWhole)
        {
            anchors.keySet().retainAll(segmentAnchors(actual).keySet());
        }
        assertEquals(anchors, segmentAnchors(actual));
        expectedFiles.remove(DigestAnchors.FILE_NAME);
        expectedFiles.forEach((name, content) -> assertArrayEquals(content, actualFiles.get(name), name));
    }

    private static Map<Long, DigestAnchors.Anchor> segmentAnchors(final Path directory) throws IOException
    {
        final DigestAnchors anchors = new DigestAnchors();
        assertNull(anchors.load(directory));
        anchors.removePoints();
        return anchors.all();
    }

    static byte[] concatenatedLogs(final Path directory) throws IOException
    {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        files(directory).forEach(
            (name, content) ->
            {
                if (name.endsWith(LogSegment.LOG_SUFFIX))
                {
                    all.writeBytes(content);
                }
            });
        return all.toByteArray();
    }

    static byte[] concatenated(final List<ByteBuffer> batches)
    {
        final ByteBuffer all = ByteBuffer.allocate(batches.stream().mapToInt(ByteBuffer::remaining).sum());
        batches.forEach((batch) -> all.put(batch.duplicate()));
        return all.array();
    }
}
