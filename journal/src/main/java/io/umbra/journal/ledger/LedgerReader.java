package io.umbra.journal.ledger;

import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.core.io.Closeable;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;

/**
 * Reads a shard's ledger, from any process, also while the engine writes it. Read-only, and nothing that it does
 * reaches the writer. Not thread safe.
 *
 * <p>Other programs can read a ledger without this class: it is a Chronicle Queue, of wire type {@code BINARY_LIGHT}
 * and roll cycle {@code MINUTELY}; each excerpt's bytes are one message of the SBE schema {@code
 * umbra-ledger-codecs.xml}, header included. An index is Chronicle's: the file's minute since 1970 in the upper 32
 * bits, the entry's number in that file in the lower ones. It stays valid as long as the file is there.
 *
 * <p>What a crash left unfinished at the end is not read. Damage is a {@link LedgerException} that names the file.
 */
public final class LedgerReader implements AutoCloseable
{
    private static final LedgerEntryHandler NAMES_ONLY = new LedgerEntryHandler()
    {
    };
    private static final RollCycle ROLL_CYCLE = ChronicleSettings.ROLL_CYCLE;

    private final Path directory;
    private final EntryDispatcher dispatcher = new EntryDispatcher();
    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private SingleChronicleQueue queue;
    private ExcerptTailer tailer;

    private LedgerReader(final Path directory)
    {
        this.directory = directory;
    }

    /**
     * Opens a ledger at its first entry.
     *
     * @param shardDirectory {@code <journal.dir>/ledger/shard-N}, {@code …/metadata} or {@code …/link}. It may be
     *                       missing: entries come when there are any.
     * @return the reader.
     * @throws LedgerException if one of its files is damaged.
     */
    public static LedgerReader open(final Path shardDirectory)
    {
        final LedgerReader reader = new LedgerReader(shardDirectory);
        reader.isOpen();
        return reader;
    }

    /**
     * The shard whose ledger it is, according to the directory's name.
     *
     * @return its number, -1 when the directory is called otherwise.
     */
    public int shard()
    {
        return ShardDirectories.shard(directory);
    }

    /**
     * Reads the next entry.
     *
     * @param handler that takes it.
     * @return whether there was one.
     * @throws LedgerException if the file is damaged there.
     */
    public boolean poll(final LedgerEntryHandler handler)
    {
        if (!isOpen())
        {
            return false;
        }
        if (read(handler))
        {
            return true;
        }
        // The next file begins only when this one has ended; it may have since the look at this one.
        final long cycle = ROLL_CYCLE.toCycle(tailer.index());
        if (cycle >= queue.lastCycle())
        {
            return false;
        }
        if (read(handler))
        {
            return true;
        }
        checkEnded(cycle);
        return false;
    }

    /**
     * Chronicle Queue's index of the next entry.
     *
     * @return the index, 0 when there is no ledger yet.
     */
    public long index()
    {
        return isOpen() ? tailer.index() : 0;
    }

    /**
     * Goes to the first entry that there is.
     */
    public void toStart()
    {
        if (isOpen())
        {
            dispatcher.reset();
            tailer.toStart();
        }
    }

    /**
     * Goes behind the last entry, so that only new ones are read.
     */
    public void toEnd()
    {
        lastEntries(0);
    }

    /**
     * Goes to an entry. When its file is no longer there, to the first of those that are.
     *
     * @param index of the entry.
     */
    public void toIndex(final long index)
    {
        if (!isOpen())
        {
            return;
        }
        final NavigableMap<Long, Path> files = files();
        final long cycle = ROLL_CYCLE.toCycle(index);
        if (files.containsKey(cycle))
        {
            seek(cycle, ROLL_CYCLE.toSequenceNumber(index));
        }
        else
        {
            toStart();
        }
    }

    /**
     * Goes back to the begin of a file that begins before a time, so that entries of that time are still to come: those
     * of files that begin later, and what comes before it in this one.
     *
     * @param timeMs wall clock, milliseconds since 1970.
     */
    public void toTime(final long timeMs)
    {
        if (!isOpen())
        {
            return;
        }
        final Map.Entry<Long, Path> file = files().floorEntry(timeMs / CycleName.CYCLE_MS);
        if (file == null)
        {
            toStart();
        }
        else
        {
            seek(file.getKey(), 0);
        }
    }

    /**
     * Goes back from the end.
     *
     * @param count of the entries that will be read before the end.
     * @return how many there are: count, or all when there are fewer.
     */
    public long lastEntries(final long count)
    {
        if (!isOpen())
        {
            return 0;
        }
        long missing = count;
        for (final Map.Entry<Long, Path> file : files().descendingMap().entrySet())
        {
            final long entries = entriesIn(file.getValue());
            if (entries >= missing)
            {
                seek(file.getKey(), entries - missing);
                return count;
            }
            missing -= entries;
        }
        toStart();
        return count - missing;
    }

    @Override
    public void close()
    {
        Closeable.closeQuietly(tailer, queue);
    }

    /**
     * Every file names its partitions, so that it is read from its beginning.
     */
    private void seek(final long cycle, final long sequence)
    {
        dispatcher.reset();
        moveTo(ROLL_CYCLE.toIndex((int) cycle, 0));
        for (long i = 0; i < sequence; i++)
        {
            if (!read(NAMES_ONLY))
            {
                throw damaged(cycle, null);
            }
        }
    }

    private boolean read(final LedgerEntryHandler handler)
    {
        try (DocumentContext document = document())
        {
            if (!document.isPresent())
            {
                return false;
            }
            final long index = document.index();
            final Bytes<?> bytes = document.wire().bytes();
            final int length = (int) Math.min(Integer.MAX_VALUE, bytes.readRemaining());
            buffer.wrap(bytes.addressForRead(bytes.readPosition()), length);
            if (!dispatcher.isEntry(buffer, 0, length))
            {
                throw damaged(ROLL_CYCLE.toCycle(index), null);
            }
            dispatcher.dispatch(buffer, 0, index, handler);
            return true;
        }
    }

    private DocumentContext document()
    {
        try
        {
            return tailer.readingDocument();
        }
        catch (final RuntimeException | Error ex)
        {
            throw damaged(ROLL_CYCLE.toCycle(tailer.index()), ex);
        }
    }

    private void moveTo(final long index)
    {
        try
        {
            // False where nothing is written yet; the tailer waits there.
            tailer.moveToIndex(index);
        }
        catch (final RuntimeException | Error ex)
        {
            throw damaged(ROLL_CYCLE.toCycle(index), ex);
        }
    }

    /**
     * Counted by hand: Chronicle's tailer can do it, but not in every state in which it may be.
     */
    private static long entriesIn(final Path file)
    {
        try
        {
            final CycleFile.Scan scan = CycleFile.scan(file);
            checkWhole(file, scan);
            return scan.entries();
        }
        catch (final NoSuchFileException ex)
        {
            return 0;
        }
        catch (final IOException ex)
        {
            throw damaged(file, ex);
        }
    }

    /**
     * A file before the last one has ended. If its end was not found, something before that is wrong.
     */
    private void checkEnded(final long cycle)
    {
        final Path file = CycleName.file(directory, cycle);
        try
        {
            if (Files.exists(file) && !CycleFile.scan(file).isSealed())
            {
                throw damaged(cycle, null);
            }
        }
        catch (final IOException ex)
        {
            throw damaged(cycle, ex);
        }
    }

    private boolean isOpen()
    {
        if (queue == null && Files.exists(LedgerTable.file(directory)) && !files().isEmpty())
        {
            openQueue();
        }
        return queue != null;
    }

    private void openQueue()
    {
        for (final Path file : files().values())
        {
            checkEnd(file);
        }
        SingleChronicleQueue newQueue = null;
        try
        {
            newQueue = ChronicleSettings.builder(directory).readOnly(true).build();
            tailer = newQueue.createTailer();
            tailer.singleThreadedCheckDisabled(true);
            queue = newQueue;
        }
        catch (final RuntimeException | Error ex)
        {
            Closeable.closeQuietly(newQueue);
            throw new LedgerException(LedgerTable.file(directory),
                "cannot be read; the engine makes it anew when it starts (" + ex + ')', ex);
        }
    }

    /**
     * Chronicle maps files without a look at their length, and a read beyond the end of a file is a SIGBUS.
     */
    private static void checkEnd(final Path file)
    {
        try
        {
            checkWhole(file, CycleFile.scanEnd(file));
        }
        catch (final NoSuchFileException ex)
        {
            // Deleted meanwhile, for it was the oldest.
            return;
        }
        catch (final IOException ex)
        {
            throw damaged(file, ex);
        }
    }

    /**
     * Checks that a file, which may be being written, lacks nothing of what it says it has.
     *
     * @param file that was read.
     * @param scan of it.
     * @throws LedgerException if it is damaged.
     */
    static void checkWhole(final Path file, final CycleFile.Scan scan)
    {
        if (scan.start() == CycleFile.Start.UNREADABLE || scan.recordedLast() > scan.lastEntry())
        {
            throw damaged(file, null);
        }
    }

    private NavigableMap<Long, Path> files()
    {
        try
        {
            return CycleName.list(directory);
        }
        catch (final IOException ex)
        {
            throw new LedgerException(directory, "cannot be read: " + ex, ex);
        }
    }

    private LedgerException damaged(final long cycle, final Throwable cause)
    {
        return damaged(CycleName.file(directory, cycle), cause);
    }

    private static LedgerException damaged(final Path file, final Throwable cause)
    {
        return new LedgerException(file, "is damaged; if it is the last one, the engine repairs it when it starts," +
            " otherwise move it away" + (cause == null ? "" : " (" + cause + ')'), cause);
    }
}
