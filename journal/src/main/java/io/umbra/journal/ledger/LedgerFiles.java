package io.umbra.journal.ledger;

import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.io.Closeable;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.wire.Wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;

/**
 * The files of a ledger that is being written: appends to the last one, allocates space ahead of it, begins the next
 * one when it is due, deletes the oldest.
 */
final class LedgerFiles implements AutoCloseable
{
    /**
     * Always allocated beyond the last entry: for the next one, for a page of Chronicle's index before it and one
     * after it (16.1 KiB each), and for the end mark.
     */
    static final int RESERVE = 64 << 10;

    /** A file may grow to this part of what all may take. */
    private static final int FILES = 8;
    private static final long MAX_STEP = 512 << 10;
    private static final long ROLL_RETRY_MS = 1000;

    /**
     * What stands at the beginning of every file.
     */
    interface Head
    {
        /**
         * How long it may be at most.
         *
         * @return bytes.
         */
        long maxLength();

        /**
         * Appends it.
         *
         * @param timeNs wall clock, nanoseconds since 1970.
         */
        void write(long timeNs);
    }

    private final Path directory;
    private final EndedFiles ended;
    private final RollClock clock;
    private final long maxBytes;
    private final long maxFileBytes;
    private final long step;
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private final Bytes<ByteBuffer> entry;
    private final Head head;
    private CycleRoom room;
    private long headEnd;
    /** End of what an earlier run left in the current file: Chronicle does not say before the first append. */
    private long resumedEnd;
    private long lastIndex;
    private long firstCycleWritten = Long.MAX_VALUE;
    private long rollRetryMs = Long.MIN_VALUE;

    private LedgerFiles(
        final LedgerContext ctx,
        final RollClock clock,
        final LastFile last,
        final ByteBuffer entryBuffer,
        final Head head,
        final List<LedgerFinding> findings) throws IOException
    {
        this.directory = ctx.directory();
        ended = new EndedFiles(directory);
        this.clock = clock;
        this.head = head;
        maxBytes = ctx.maxBytes();
        maxFileBytes = maxBytes / FILES;
        step = Math.min(MAX_STEP, Math.max(RESERVE, maxBytes / (FILES * 4)));
        lastIndex = last.index;
        queue = openQueue(directory, clock, findings);
        try
        {
            appender = queue.createAppender();
            if (last.isOpen)
            {
                room = CycleRoom.resume(CycleName.file(directory, last.cycle), last.end);
                firstCycleWritten = last.cycle;
                resumedEnd = last.end;
            }
        }
        catch (final IOException | RuntimeException | Error ex)
        {
            Closeable.closeQuietly(queue);
            throw new LedgerException(directory, "cannot be written: " + ex, ex);
        }
        entry = Bytes.wrapForRead(entryBuffer);
        // The journal agent's thread is another than the one that opens and closes; they never overlap.
        appender.singleThreadedCheckDisabled(true);
        entry.singleThreadedCheckDisabled(true);
        trim();
    }

    /**
     * Opens the files of a ledger that {@link LedgerRecovery} has repaired.
     *
     * @param ctx         what to open.
     * @param entryBuffer from which entries are taken, always from its beginning.
     * @param head        of every file.
     * @param findings    to which is added what is found wrong.
     * @return the files. Nothing is written yet.
     */
    static LedgerFiles open(
        final LedgerContext ctx, final ByteBuffer entryBuffer, final Head head, final List<LedgerFinding> findings)
    {
        try
        {
            final LastFile last = LastFile.find(ctx.directory());
            final RollClock clock = new RollClock(ctx.clock(), ctx.roll());
            clock.cycle(Math.max(0, last.cycle));
            return new LedgerFiles(ctx, clock, last, entryBuffer, head, findings);
        }
        catch (final IOException ex)
        {
            throw new LedgerException(ctx.directory(), "cannot be opened: " + ex, ex);
        }
    }

    Path directory()
    {
        return directory;
    }

    long lastIndex()
    {
        return lastIndex;
    }

    /**
     * Makes sure of space for what comes next, in a new file when one is due. A new file for which there is no space
     * is put off as long as the current one has room.
     *
     * @param length of what comes next, beyond one entry.
     * @throws IOException if there is no space.
     */
    void ensureRoom(final int length) throws IOException
    {
        final long position = position();
        final boolean isFull = room == null || position - headEnd >= maxFileBytes;
        final long due = clock.due(isFull);
        if ((due != clock.cycle() || room == null) && (room == null || clock.nowMs() >= rollRetryMs))
        {
            try
            {
                roll(due, length);
                return;
            }
            catch (final IOException ex)
            {
                if (room == null)
                {
                    throw ex;
                }
                rollRetryMs = clock.nowMs() + ROLL_RETRY_MS;
            }
        }
        if (position > room.allocated())
        {
            // Room is made by writing zeros: from here on they would go over entries.
            throw new LedgerException(CycleName.file(directory, clock.cycle()),
                "has entries up to " + position + ", beyond the " + room.allocated() + " bytes allocated", null);
        }
        final long end = position + RESERVE + length;
        if (end > room.allocated())
        {
            extend(end);
        }
    }

    /**
     * Appends the entry in the buffer. There is room for it.
     *
     * @param length of the entry.
     */
    void append(final int length)
    {
        try
        {
            entry.readPositionRemaining(0, length);
            appender.writeBytes(entry);
            lastIndex = appender.lastIndexAppended();
        }
        catch (final RuntimeException | Error ex)
        {
            throw new LedgerException(CycleName.file(directory, clock.cycle()), "cannot be written: " + ex, ex);
        }
    }

    /**
     * Makes what was written to the current file durable.
     */
    void force()
    {
        try
        {
            if (room != null)
            {
                room.force();
            }
        }
        catch (final IOException ex)
        {
            throw new LedgerException(CycleName.file(directory, clock.cycle()), "cannot be made durable: " + ex, ex);
        }
    }

    @Override
    public void close()
    {
        try
        {
            appender.close();
            queue.close();
            entry.releaseLast();
            if (room != null)
            {
                room.force();
                room.close();
            }
            ended.force(firstCycleWritten, clock.cycle());
        }
        catch (final IOException ex)
        {
            throw new LedgerException(directory, "cannot be made durable: " + ex, ex);
        }
    }

    /**
     * Allocates a step ahead. The last of a disk's space is used too.
     */
    private void extend(final long end) throws IOException
    {
        try
        {
            room.extendTo(end + step);
        }
        catch (final IOException ex)
        {
            if (end > room.allocated())
            {
                throw ex;
            }
        }
    }

    /**
     * Begins a new file. All its space for now is allocated before Chronicle hears of it.
     */
    private void roll(final long cycle, final int length) throws IOException
    {
        final long headLength = head.maxLength();
        final Path precreated = directory.resolve(CycleName.of(cycle) + CycleName.PRECREATED_SUFFIX);
        final CycleRoom next =
            CycleRoom.create(precreated, headLength + indexLength(headLength) + 2 * RESERVE + length);
        final CycleRoom previous = room;
        final Path previousFile = CycleName.file(directory, clock.cycle());
        clock.cycle(cycle);
        room = next;
        headEnd = 0;
        resumedEnd = 0;
        firstCycleWritten = Math.min(firstCycleWritten, cycle);
        head.write(clock.nowMs() * 1_000_000L);
        headEnd = position();
        if (previous != null)
        {
            previous.close();
            EndedFiles.cutSpare(previousFile);
        }
        trim();
    }

    /**
     * Where the next entry will stand in the current file, give or take a page of Chronicle's index.
     */
    private long position()
    {
        final Wire wire = appender.wire();
        final long written =
            wire != null && appender.cycle() == clock.cycle() ? wire.bytes().writePosition() : 0;
        return Math.max(resumedEnd, written);
    }

    /**
     * Deletes the oldest files while all may come to take more than they should. The current one stays, whatever its
     * length.
     */
    private void trim()
    {
        if (ended.trim(clock.cycle(), maxBytes - headEnd - maxFileBytes - step - RESERVE))
        {
            queue.refreshDirectoryListing();
        }
    }

    /**
     * A page of the index for every {@code indexCount × indexSpacing} entries, of which none is shorter than 64 bytes.
     */
    static long indexLength(final long headLength)
    {
        final RollCycle rollCycle = ChronicleSettings.ROLL_CYCLE;
        final long pageLength = rollCycle.defaultIndexCount() * 8L + 64;
        return headLength / (64L * rollCycle.defaultIndexCount() * rollCycle.defaultIndexSpacing()) * pageLength;
    }

    private static SingleChronicleQueue openQueue(
        final Path directory, final RollClock clock, final List<LedgerFinding> findings) throws IOException
    {
        try
        {
            return openQueue(directory, clock);
        }
        catch (final RuntimeException | Error ex)
        {
            // Nothing but the table is read by then, and what it holds can be found anew.
            LedgerTable.replace(directory, ex.toString(), findings);
            try
            {
                return openQueue(directory, clock);
            }
            catch (final RuntimeException | Error again)
            {
                again.addSuppressed(ex);
                throw new LedgerException(directory, "cannot be opened, also not after " +
                    LedgerTable.file(directory).getFileName() + " was made anew: " + again, again);
            }
        }
    }

    /**
     * The table overrides some settings, so that they are looked at too.
     */
    private static SingleChronicleQueue openQueue(final Path directory, final RollClock clock)
    {
        final SingleChronicleQueue queue = ChronicleSettings.builder(directory).timeProvider(clock).build();
        if (queue.rollCycle() != ChronicleSettings.ROLL_CYCLE || queue.epoch() != 0 || queue.sourceId() != 0)
        {
            Closeable.closeQuietly(queue);
            throw new IllegalStateException("roll cycle " + queue.rollCycle() + ", epoch " + queue.epoch() +
                ", source id " + queue.sourceId() + " are not those of a ledger");
        }
        return queue;
    }

    /**
     * The file with which a ledger goes on.
     */
    private static final class LastFile
    {
        private long cycle = -1;
        private long end;
        private long index = -1;
        private boolean isOpen;

        private static LastFile find(final Path directory) throws IOException
        {
            final LastFile last = new LastFile();
            final NavigableMap<Long, Path> files = CycleName.list(directory);
            if (!files.isEmpty())
            {
                final CycleFile.Scan scan = CycleFile.scan(files.lastEntry().getValue());
                last.cycle = files.lastKey();
                last.end = scan.end();
                last.isOpen = !scan.isSealed();
                if (scan.entries() > 0)
                {
                    last.index = ChronicleSettings.ROLL_CYCLE.toIndex((int) last.cycle, scan.entries() - 1);
                }
            }
            return last;
        }
    }
}
