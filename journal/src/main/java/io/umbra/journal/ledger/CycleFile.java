package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MessageHeaderDecoder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads the structure of a ledger's file without Chronicle Queue, which expects its files to be sound. Used when a
 * ledger is opened, to find and repair what a crash left behind.
 *
 * <p>A file is a row of documents, each a little-endian header of 4 bytes and its bytes, aligned to 4. Header: bit 31
 * "being written", bit 30 "metadata", 30 bits length; 0 says that nothing follows, bits 31 and 30 without a length
 * that the file has ended. The first document is metadata and holds, among other things, the position of the last
 * entry. Metadata further on is Chronicle's index. All other documents are entries, which begin with the SBE header
 * of the ledger's schema.
 */
final class CycleFile implements AutoCloseable
{
    /** Beyond an entry's own length: how much longer the remainder of one may be that was being written. */
    private static final int TORN_SPARE_LENGTH = 64;
    private static final int NOT_COMPLETE = 0x8000_0000;
    private static final int META_DATA = 0x4000_0000;
    private static final int END_OF_FILE = NOT_COMPLETE | META_DATA;
    private static final int LENGTH_MASK = 0x3fff_ffff;
    private static final int HEADER_LENGTH = 4;
    private static final int MAX_FIRST_LENGTH = 64 << 10;
    private static final int MAX_META_LENGTH = 1 << 20;
    /** Code of Chronicle's wire format with which every metadata document begins: the name of an event. */
    private static final byte EVENT_NAME = (byte) 0xb9;
    private static final byte PADDING = (byte) 0x8f;
    private static final byte PADDING_32 = (byte) 0x8e;
    private static final byte INT64_ARRAY = (byte) 0x8d;
    private static final byte[] WRITE_POSITION = "writePosition".getBytes(StandardCharsets.US_ASCII);
    private static final int WINDOW_LENGTH = 1 << 20;

    /**
     * Takes the entries of a file in their order.
     */
    @FunctionalInterface
    interface EntrySink
    {
        /**
         * One entry.
         *
         * @param buffer that holds it, until the method returns.
         * @param offset of its first byte.
         * @param length of it.
         */
        void onEntry(ByteBuffer buffer, int offset, int length);
    }

    private static final EntrySink NO_SINK = (buffer, offset, length) ->
    {
    };

    /**
     * How a file begins.
     */
    enum Start
    {
        /** As it should. */
        SOUND,
        /** It was being created: it holds nothing. */
        UNFINISHED,
        /** It is not a file of a ledger, or its beginning is damaged. */
        UNREADABLE
    }

    /**
     * What a scan found.
     *
     * @param start        how the file begins. All else means something only when it is sound.
     * @param isSealed     whether the end mark was found.
     * @param end          position after the last whole document: of the end mark, or where the next document goes.
     * @param entries      number of entries seen.
     * @param lastEntry    position of the last one seen, 0 when there is none.
     * @param recordedLast position of the last entry according to the file's first document.
     * @param tailLength   bytes from end to the last one that is not zero; 0 in a sealed file.
     * @param maxTorn      most bytes of a tail that is an entry, or a document of the index, that was being written.
     */
    record Scan(
        Start start,
        boolean isSealed,
        long end,
        long entries,
        long lastEntry,
        long recordedLast,
        long tailLength,
        int maxTorn)
    {
        /**
         * Whether whole entries were lost, rather than one that was being written.
         */
        boolean isDamaged()
        {
            return recordedLast > lastEntry || tailLength > maxTorn;
        }
    }

    private final FileChannel channel;
    private final long size;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private long windowStart;

    private CycleFile(final FileChannel channel) throws IOException
    {
        this.channel = channel;
        size = channel.size();
        window.limit(0);
    }

    /**
     * Reads a whole file.
     *
     * @param file to read.
     * @param sink of its entries, up to the first damage.
     * @return what was found.
     * @throws IOException if it cannot be read.
     */
    static Scan scan(final Path file, final EntrySink sink) throws IOException
    {
        try (CycleFile cycleFile = new CycleFile(FileChannel.open(file, StandardOpenOption.READ)))
        {
            return cycleFile.scan(sink, false);
        }
    }

    /**
     * Reads a whole file.
     *
     * @param file to read.
     * @return what was found.
     * @throws IOException if it cannot be read.
     */
    static Scan scan(final Path file) throws IOException
    {
        return scan(file, NO_SINK);
    }

    /**
     * Reads a file from its last entry on, whose position its first document says: whether it ended as it should, in
     * a few reads. Entries before it are neither counted nor looked at.
     *
     * @param file to read.
     * @return what was found.
     * @throws IOException if it cannot be read.
     */
    static Scan scanEnd(final Path file) throws IOException
    {
        try (CycleFile cycleFile = new CycleFile(FileChannel.open(file, StandardOpenOption.READ)))
        {
            return cycleFile.scan(NO_SINK, true);
        }
    }

    /**
     * Clears what follows the last whole document. Written over, not cut off, since another process may have it mapped.
     *
     * @param file to repair.
     * @param scan of it.
     * @throws IOException if it cannot be written.
     */
    static void clearTail(final Path file, final Scan scan) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            final ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(scan.tailLength(), WINDOW_LENGTH));
            final long tailEnd = scan.end() + scan.tailLength();
            for (long position = scan.end(); position < tailEnd; )
            {
                zeros.clear().limit((int) Math.min(zeros.capacity(), tailEnd - position));
                position += channel.write(zeros, position);
            }
            channel.force(true);
        }
    }

    /**
     * Sets the end mark, after which Chronicle's readers go on to the next file.
     *
     * @param file to seal.
     * @param end  where the mark goes.
     * @throws IOException if it cannot be written.
     */
    static void seal(final Path file, final long end) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
        {
            final ByteBuffer mark = ByteBuffer.allocate(HEADER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
            mark.putInt(0, END_OF_FILE);
            channel.write(mark, end);
            channel.force(true);
        }
    }

    @Override
    public void close() throws IOException
    {
        channel.close();
    }

    private Scan scan(final EntrySink sink, final boolean fromLastEntry) throws IOException
    {
        final Start start = start();
        if (start != Start.SOUND)
        {
            return new Scan(start, false, 0, 0, 0, 0, 0, 0);
        }
        final int firstLength = intAt(0) & LENGTH_MASK;
        final long recordedLast = recordedLast(firstLength);
        if (recordedLast < 0)
        {
            return new Scan(Start.UNREADABLE, false, 0, 0, 0, 0, 0, 0);
        }
        long entries = 0;
        long lastEntry = 0;
        long position = fromLastEntry && recordedLast > 0 ? recordedLast : align(HEADER_LENGTH + firstLength);
        while (true)
        {
            final int header = has(position, HEADER_LENGTH) ? intAt(position) : 0;
            if (header == END_OF_FILE)
            {
                return new Scan(start, true, position, entries, lastEntry, recordedLast, 0, 0);
            }
            if (!isWhole(position, header))
            {
                return new Scan(start, false, position, entries, lastEntry, recordedLast, tailLength(position),
                    maxEntryLength(position) + TORN_SPARE_LENGTH);
            }
            final int length = header & LENGTH_MASK;
            if ((header & META_DATA) == 0)
            {
                entries++;
                lastEntry = position;
                final int offset = load(position + HEADER_LENGTH, length);
                sink.onEntry(window, offset, length);
            }
            position = align(position + HEADER_LENGTH + length);
        }
    }

    private Start start() throws IOException
    {
        if (!has(0, HEADER_LENGTH))
        {
            return Start.UNFINISHED;
        }
        final int header = intAt(0);
        if (header == 0)
        {
            return tailLength(0) == 0 ? Start.UNFINISHED : Start.UNREADABLE;
        }
        if (header == NOT_COMPLETE)
        {
            return Start.UNFINISHED;
        }
        final int length = header & LENGTH_MASK;
        final boolean isFirst = (header & END_OF_FILE) == META_DATA && length > 0 && length <= MAX_FIRST_LENGTH &&
            has(HEADER_LENGTH, length) && window.get(load(HEADER_LENGTH, 1)) == EVENT_NAME;
        return isFirst ? Start.SOUND : Start.UNREADABLE;
    }

    /**
     * Finds the field in the first document: its name, padding, an array of two numbers, of which the first is it.
     */
    private long recordedLast(final int firstLength) throws IOException
    {
        final int start = load(HEADER_LENGTH, firstLength);
        final int limit = start + firstLength;
        int at = start;
        while (at + WRITE_POSITION.length < limit && !isWritePosition(at))
        {
            at++;
        }
        at += WRITE_POSITION.length;
        while (at < limit)
        {
            final byte code = window.get(at++);
            if (code == PADDING_32 && at + 4 <= limit)
            {
                at += 4 + Math.max(0, window.getInt(at));
            }
            else if (code == INT64_ARRAY && at + 4 * Long.BYTES <= limit)
            {
                return window.getLong(at + 2 * Long.BYTES);
            }
            else if (code != PADDING)
            {
                return -1;
            }
        }
        return -1;
    }

    private boolean isWritePosition(final int at)
    {
        for (int i = 0; i < WRITE_POSITION.length; i++)
        {
            if (window.get(at + i) != WRITE_POSITION[i])
            {
                return false;
            }
        }
        return true;
    }

    private boolean isWhole(final long position, final int header) throws IOException
    {
        final int length = header & LENGTH_MASK;
        if ((header & NOT_COMPLETE) != 0 || length == 0 || !has(position + HEADER_LENGTH, length))
        {
            return false;
        }
        if ((header & META_DATA) != 0)
        {
            return length <= MAX_META_LENGTH && window.get(load(position + HEADER_LENGTH, 1)) == EVENT_NAME;
        }
        if (length < MessageHeaderDecoder.ENCODED_LENGTH || length > maxEntryLength(position))
        {
            return false;
        }
        final int offset = load(position + HEADER_LENGTH, MessageHeaderDecoder.ENCODED_LENGTH);
        final int blockLength = window.getShort(offset + MessageHeaderDecoder.blockLengthEncodingOffset()) & 0xffff;
        return MessageHeaderDecoder.ENCODED_LENGTH + blockLength <= length &&
            (window.getShort(offset + MessageHeaderDecoder.schemaIdEncodingOffset()) & 0xffff) ==
            MessageHeaderDecoder.SCHEMA_ID;
    }

    /**
     * The longest that an entry may be which has got as far as its SBE header.
     */
    private int maxEntryLength(final long position) throws IOException
    {
        if (!has(position + HEADER_LENGTH, MessageHeaderDecoder.ENCODED_LENGTH))
        {
            return EntryEncoder.MAX_ENTRY_LENGTH;
        }
        final int offset = load(position + HEADER_LENGTH, MessageHeaderDecoder.ENCODED_LENGTH);
        return MetadataEntryEncoder.maxLength(
            window.getShort(offset + MessageHeaderDecoder.templateIdEncodingOffset()) & 0xffff);
    }

    private long tailLength(final long position) throws IOException
    {
        long last = position;
        for (long at = position; at < size; )
        {
            final int length = (int) Math.min(WINDOW_LENGTH, size - at);
            final int offset = load(at, length);
            for (int i = length - 1; i >= 0; i--)
            {
                if (window.get(offset + i) != 0)
                {
                    last = at + i + 1;
                    break;
                }
            }
            at += length;
        }
        return last - position;
    }

    private boolean has(final long position, final int length)
    {
        return position >= 0 && position + length <= size;
    }

    private int intAt(final long position) throws IOException
    {
        return window.getInt(load(position, Integer.BYTES));
    }

    /**
     * Makes sure that bytes are in the window. They are known to be in the file.
     *
     * @return their offset in the window.
     */
    private int load(final long position, final int length) throws IOException
    {
        if (position < windowStart || position + length > windowStart + window.limit())
        {
            windowStart = position;
            window.clear();
            int read = 0;
            while (read >= 0 && window.hasRemaining())
            {
                read = channel.read(window, windowStart + window.position());
            }
            window.flip();
            if (window.limit() < length)
            {
                throw new IOException("file became shorter while it was read, at " + position);
            }
        }
        return (int) (position - windowStart);
    }

    private static long align(final long position)
    {
        return position + (-position & 3);
    }
}
