package io.umbra.engine.replay;

import io.umbra.engine.status.StatusReader;
import io.umbra.journal.BatchView;
import io.umbra.journal.CorruptLogException;
import io.umbra.journal.JournalCheckpoints;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.LogReader;
import io.umbra.journal.PartitionKey;
import io.umbra.journal.ledger.LedgerPartition;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The journal's side of a comparison: finds each recorded batch in its log. One thread.
 * <p>
 * Of a log that is being written, a batch that was recorded just now may come a moment later, and is waited for.
 */
final class JournalSide implements AutoCloseable
{
    private static final int OPEN_LOGS = 200;
    private static final long WAIT_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long PARK_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MAX_DIFFERENCES = 20;
    private static final int SIZE_OFFSET = 8;
    private static final int SIZE_END = 12;

    private final Path journalDir;
    private final Map<LedgerPartition, Log> logs = new TreeMap<>();
    private final Map<Log, Boolean> open = new LinkedHashMap<>(64, 0.75f, true);
    private long batches;
    private long bytes;
    private boolean isPatient = true;

    /** A partition's log. */
    private static final class Log
    {
        private Path directory;
        private long logStartOffset;
        private LogReader reader;
        private long nextOffset = -1;
        private boolean isMissing;
        private long dropped;
        /** By base offset, so that what is taken back can go again. */
        private final TreeMap<Long, String> differences = new TreeMap<>();
    }

    JournalSide(final Path journalDir)
    {
        this.journalDir = journalDir;
    }

    long bytes()
    {
        return bytes;
    }

    /**
     * Compares batches with those of the log.
     *
     * @param name    of the partition.
     * @param records one or more whole batches.
     * @throws IOException if the log cannot be read.
     */
    void compare(final LedgerPartition name, final ByteBuffer records) throws IOException
    {
        final Log log = log(name);
        int at = 0;
        while (records.limit() - at >= SIZE_END)
        {
            final long baseOffset = records.getLong(at);
            final int size = SIZE_END + records.getInt(at + SIZE_OFFSET);
            if (size <= SIZE_END || size > records.limit() - at)
            {
                // The journal refuses such a batch too.
                return;
            }
            compare(name, log, baseOffset, records.slice(at, size));
            at += size;
        }
    }

    private void compare(
        final LedgerPartition name, final Log log, final long baseOffset, final ByteBuffer recorded)
        throws IOException
    {
        if (log.isMissing)
        {
            return;
        }
        final BatchView batch;
        try
        {
            batch = find(log, baseOffset);
        }
        catch (final CorruptLogException ex)
        {
            log.nextOffset = -1;
            log.differences.put(
                baseOffset, name + " offset " + baseOffset + ": the log is damaged: " + ex.getMessage());
            return;
        }
        if (null != batch && batch.baseOffset() == baseOffset)
        {
            compare(name, log, batch, recorded);
        }
        else if (baseOffset < Math.max(log.logStartOffset, reader(log).startOffset()))
        {
            log.dropped++;
        }
        else
        {
            log.differences.put(baseOffset, name + " offset " + baseOffset + ": recorded, and not in the journal" +
                (null == batch ? ", which ends below" : ", which goes on with offset " + batch.baseOffset()));
        }
    }

    private void compare(
        final LedgerPartition name, final Log log, final BatchView batch, final ByteBuffer recorded)
    {
        batches++;
        bytes += recorded.remaining();
        final ByteBuffer journaled = batch.buffer();
        final int difference = journaled.slice(journaled.position(), batch.sizeInBytes()).mismatch(recorded);
        if (difference >= 0)
        {
            log.differences.put(batch.baseOffset(), name + " offset " + batch.baseOffset() +
                ": the batch differs from the recorded one at its byte " + difference + " (" + batch.file() +
                ", position " + (batch.filePosition() + difference) + ")");
        }
    }

    /** The batch at an offset, or the one after it; null at the end of the log. */
    private BatchView find(final Log log, final long baseOffset) throws IOException
    {
        final LogReader reader = reader(log);
        if (log.nextOffset != baseOffset)
        {
            reader.seek(baseOffset);
        }
        BatchView batch = reader.next();
        if (null == batch && isPatient && isBeingWritten())
        {
            final long deadlineNs = System.nanoTime() + WAIT_NS;
            while (null == batch && isPatient)
            {
                LockSupport.parkNanos(PARK_NS);
                batch = reader.next();
                // What has not come by now does not come.
                isPatient = null != batch || System.nanoTime() - deadlineNs < 0;
            }
        }
        log.nextOffset = null == batch || batch.baseOffset() != baseOffset ? -1 : batch.lastOffset() + 1;
        return batch;
    }

    private boolean isBeingWritten()
    {
        return new StatusReader(journalDir, "").isEngineRunning(System.currentTimeMillis());
    }

    /**
     * The recorded engine went on at an offset: what differed above it does not count.
     *
     * @param name   of the partition.
     * @param offset at which the log ended.
     */
    void takeBack(final LedgerPartition name, final long offset)
    {
        final Log log = logs.get(name);
        if (null != log)
        {
            log.differences.tailMap(offset, true).clear();
        }
    }

    private Log log(final LedgerPartition name) throws IOException
    {
        Log log = logs.get(name);
        if (null == log)
        {
            log = new Log();
            logs.put(name, log);
            log.directory = directory(name);
            log.isMissing = null == log.directory;
            if (log.isMissing)
            {
                log.differences.put(-1L, name + ": recorded, and not in the journal");
            }
            else
            {
                log.logStartOffset = JournalCheckpoints.logStartOffsets(journalDir)
                    .getOrDefault(new PartitionKey(name.topic(), name.partition()), 0L);
            }
        }
        return log;
    }

    /** Null if the journal does not have the partition, or a partition of another topic under its name. */
    private Path directory(final LedgerPartition name) throws IOException
    {
        final List<Path> places = new ArrayList<>();
        places.add(journalDir.resolve(name.toString()));
        places.add(JournalDirectory.retired(journalDir, name.topic(), name.partition(), name.topicId()));
        for (final Path place : places)
        {
            if (Files.isDirectory(place))
            {
                try (LogReader reader = LogReader.open(place))
                {
                    if (reader.topicId().equals(name.topicId()))
                    {
                        return place;
                    }
                }
                catch (final NoSuchFileException ex)
                {
                    continue;
                }
            }
        }
        return null;
    }

    private LogReader reader(final Log log) throws IOException
    {
        if (null == log.reader)
        {
            if (open.size() >= OPEN_LOGS)
            {
                final Log eldest = open.keySet().iterator().next();
                eldest.reader.close();
                eldest.reader = null;
                eldest.nextOffset = -1;
                open.remove(eldest);
            }
            log.reader = LogReader.open(log.directory);
        }
        open.put(log, Boolean.TRUE);
        return log.reader;
    }

    Comparison.Result result(final List<String> problems)
    {
        final List<String> differences = new ArrayList<>(problems);
        long dropped = 0;
        for (final Map.Entry<LedgerPartition, Log> entry : logs.entrySet())
        {
            final Log log = entry.getValue();
            dropped += log.dropped;
            log.differences.values().stream().limit(MAX_DIFFERENCES).forEach(differences::add);
            if (log.differences.size() > MAX_DIFFERENCES)
            {
                differences.add(entry.getKey() + ": and " + (log.differences.size() - MAX_DIFFERENCES) + " more");
            }
        }
        return new Comparison.Result(logs.size(), batches, bytes, dropped, differences);
    }

    @Override
    public void close() throws IOException
    {
        for (final Log log : open.keySet())
        {
            log.reader.close();
        }
        open.clear();
    }
}
