package io.umbra.engine;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.engine.recording.Run;
import io.umbra.engine.recording.RunIndex;
import io.umbra.journal.BatchView;
import io.umbra.journal.LogReader;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerEntryHandler;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.journal.ledger.LedgerReader;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.ShardTransport;
import io.umbra.transport.TransportException;
import io.umbra.transport.recording.ArchiveDirectory;
import io.umbra.transport.recording.FlightRecorder;
import io.umbra.transport.recording.Recording;
import io.umbra.transport.recording.RecordingReader;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * What was journaled and not yet recorded when the engine was killed is recorded before the next run begins, as if the
 * recorder had been in time: the ledger says what it was, and in which order it came, the journal has the bytes.
 * Before the agents run; the JournalAgent does not get to see it.
 */
final class MissedFrames
{
    /** The recorder is never further behind than the stream holds. */
    private static final int MAX_COMMITS = 16 * 1024;
    private static final long OFFER_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long PARK_NS = TimeUnit.MICROSECONDS.toNanos(100);

    private final Path archiveDir;
    private final Path journalDir;
    private final Run run;
    private final Recording recording;
    private final ShardTransport.ShardStream stream;

    /**
     * A commit that the ledger has.
     *
     * @param key                 which frame it was.
     * @param assignmentEpoch     of the frame.
     * @param leaderEpoch         of its last batch.
     * @param leaderId            that sent it.
     * @param length              of its batches, in bytes.
     * @param sourceHighWatermark of the fetch response.
     */
    private record Commit(
        RecordedTail.Commit key,
        int assignmentEpoch,
        int leaderEpoch,
        int leaderId,
        int length,
        long sourceHighWatermark)
    {
    }

    private MissedFrames(
        final Path archiveDir,
        final Path journalDir,
        final Run run,
        final Recording recording,
        final ShardTransport.ShardStream stream)
    {
        this.archiveDir = archiveDir;
        this.journalDir = journalDir;
        this.run = run;
        this.recording = recording;
        this.stream = stream;
    }

    /**
     * Record them, for one shard. What cannot be read is said, and stays a gap in the recording.
     *
     * @param archiveDir directory of the archive.
     * @param journalDir directory of the journal; its ledgers are open, its logs are not yet.
     * @param start      where the recording goes on; nothing is done unless it is after a kill.
     * @param stream     that goes on there.
     * @param news       told what was done, in a line.
     */
    static void record(
        final Path archiveDir,
        final Path journalDir,
        final FlightRecorder.Start start,
        final ShardTransport.ShardStream stream,
        final Consumer<String> news)
    {
        if (!start.isAfterKill())
        {
            return;
        }
        try
        {
            final Recording recording = ArchiveDirectory.recording(archiveDir, start.recordingId());
            Run killed = null;
            for (final Run run : RunIndex.read(archiveDir))
            {
                killed = null == run.stream(recording.id()) ? killed : run;
            }
            if (null != killed)
            {
                final int count = new MissedFrames(archiveDir, journalDir, killed, recording, stream).record();
                if (count > 0)
                {
                    news.accept("shard " + start.shard() + ": " + count +
                        " frames that the recorder had missed when the engine was killed are recorded now");
                }
            }
        }
        catch (final IOException | UncheckedIOException | LedgerException | TransportException ex)
        {
            news.accept("shard " + start.shard() + ": what the recorder had missed when the engine was killed is not " +
                "recorded: " + ex.getMessage());
        }
    }

    private int record() throws IOException
    {
        final long end = stream.publisher().position();
        final RecordedTail tail = tail(end);
        final List<Commit> commits = commits();
        int next = commits.size();
        while (next > 0 && !tail.has(commits.get(next - 1).key))
        {
            next--;
        }
        if (0 == next)
        {
            // Nothing of what the ledger has last is recorded: that is not the gap of a moment.
            return 0;
        }
        final List<Commit> missed = commits.subList(next, commits.size());
        for (final Commit commit : missed)
        {
            record(commit, tail);
        }
        return missed.size();
    }

    private RecordedTail tail(final long end)
    {
        final RecordedTail tail = new RecordedTail(run);
        // At least one whole file, and what was begun.
        final long from = Math.max(
            run.stream(recording.id()).position(),
            recording.segmentBase(Math.max(0, end - 1)) - recording.segmentLength());
        try (RecordingReader reader = new RecordingReader(archiveDir, recording, from, end, (finding) -> {}))
        {
            while (!reader.isAtEnd())
            {
                reader.poll(tail, Integer.MAX_VALUE);
            }
        }
        return tail;
    }

    private List<Commit> commits()
    {
        final List<Commit> commits = new ArrayList<>();
        final Path ledger = LedgerContext.shardDirectory(journalDir.resolve("ledger"), recording.shard());
        try (LedgerReader reader = LedgerReader.open(ledger))
        {
            final LedgerEntryHandler handler = new LedgerEntryHandler()
            {
                @Override
                public void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
                {
                    commits.add(new Commit(
                        new RecordedTail.Commit(
                            partition, entry.baseOffset(), entry.lastOffset(), entry.fetchTimeNs()),
                        entry.assignmentEpoch(),
                        entry.leaderEpoch(),
                        entry.leaderId(),
                        entry.length(),
                        entry.sourceHighWatermark()));
                }
            };
            for (long left = reader.lastEntries(MAX_COMMITS); left > 0 && reader.poll(handler); left--)
            {
                // To its end.
            }
        }
        return commits;
    }

    private void record(final Commit commit, final RecordedTail tail) throws IOException
    {
        final RecordedTail.Commit key = commit.key;
        final FrameHeader header = new FrameHeader();
        header.partitionIndex = index(key.name());
        header.assignmentEpoch = tail.epoch(key.name(), commit.assignmentEpoch);
        header.leaderEpoch = commit.leaderEpoch;
        header.leaderId = commit.leaderId;
        header.fetchOffset = tail.nextOffset(key.name(), key.baseOffset());
        header.baseOffset = key.baseOffset();
        header.lastOffset = key.lastOffset();
        header.sourceHighWatermark = commit.sourceHighWatermark;
        header.sourceLogStartOffset = -1;
        header.fetchTimeNs = key.fetchTimeNs();
        final UnsafeBuffer bytes = new UnsafeBuffer(read(key, commit.length));
        final int maxLength = stream.publisher().maxFramePayload();
        if (commit.length <= maxLength)
        {
            offer(header, bytes, 0, commit.length);
        }
        else
        {
            header.batchLength = commit.length;
            for (int at = tail.chunkOffset(key.name(), key.baseOffset()); at < commit.length; at += maxLength)
            {
                header.chunkOffset = at;
                offer(header, bytes, at, Math.min(maxLength, commit.length - at));
            }
        }
        tail.nextOffset(key);
    }

    private int index(final LedgerPartition name) throws IOException
    {
        for (final Map.Entry<Integer, LedgerPartition> entry : run.partitions().entrySet())
        {
            if (entry.getValue().equals(name))
            {
                return entry.getKey();
            }
        }
        throw new IOException(name + " has no name in the index of runs");
    }

    private ByteBuffer read(final RecordedTail.Commit key, final int length) throws IOException
    {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(length);
        try (LogReader reader = LogReader.open(journalDir.resolve(key.name().toString())))
        {
            reader.seek(key.baseOffset());
            BatchView batch = reader.next();
            while (null != batch && batch.lastOffset() <= key.lastOffset() && batch.isCrcValid() &&
                batch.sizeInBytes() <= bytes.remaining())
            {
                bytes.put(batch.buffer());
                batch = bytes.hasRemaining() ? reader.next() : null;
            }
        }
        if (bytes.hasRemaining())
        {
            throw new IOException(key.name() + " offset " + key.baseOffset() + " is not in the journal any more");
        }
        return bytes.flip();
    }

    private void offer(final FrameHeader header, final UnsafeBuffer bytes, final int offset, final int length)
        throws IOException
    {
        final long deadlineNs = System.nanoTime() + OFFER_TIMEOUT_NS;
        while (!stream.publisher().dataFrame(header, bytes, offset, length))
        {
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new IOException("the recorder does not take it");
            }
            LockSupport.parkNanos(PARK_NS);
        }
        // It is in the journal already.
        stream.poller().skipTo(stream.publisher().position());
    }
}
