package io.umbra.engine.replay;

import io.umbra.engine.recording.Run;
import io.umbra.engine.recording.Span;
import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.TransportException;
import io.umbra.transport.recording.RecordingReader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;

/**
 * {@code umbra replay compare}: whether a journal holds what was recorded, byte for byte. What the recorded engine had
 * to take back (the source's history diverged, or the engine was killed before it had journaled it) does not count; nor
 * does what the source has dropped since, and the journal with it.
 */
public final class Comparison
{
    private static final int POLL_LIMIT_BYTES = 8 * 1024 * 1024;

    private final FlightRecording recording;
    private final Pattern topics;
    private final JournalSide journal;
    private final LongConsumer onBytes;
    private final List<String> problems = new ArrayList<>();

    /**
     * What has become of it.
     *
     * @param partitions  that were compared.
     * @param batches     that both have.
     * @param bytes       of them.
     * @param dropped     batches that the journal does not have any more, since they are below its log start.
     * @param differences a line each.
     */
    public record Result(int partitions, long batches, long bytes, long dropped, List<String> differences)
    {
    }

    /**
     * A comparison.
     *
     * @param recording  that holds what should be there.
     * @param journalDir directory of the journal; its engine may be running.
     * @param topics     whose whole name matches; null for all.
     * @param onBytes    told now and then of the bytes that are done.
     */
    public Comparison(
        final FlightRecording recording, final Path journalDir, final Pattern topics, final LongConsumer onBytes)
    {
        this.recording = recording;
        this.topics = topics;
        this.onBytes = onBytes;
        journal = new JournalSide(journalDir);
    }

    /**
     * Do it.
     *
     * @return what has become of it.
     * @throws IOException if the recording or the journal cannot be read.
     */
    public Result compare() throws IOException
    {
        try (journal)
        {
            for (final Span span : recording.spans())
            {
                if (null == span.run())
                {
                    problems.add("recording " + span.recording().id() + ", position " + span.fromPosition() +
                        ": the index of runs does not know the names of its partitions");
                }
                else
                {
                    compare(span);
                }
            }
            return journal.result(problems);
        }
    }

    private void compare(final Span span) throws IOException
    {
        // What is recorded later need not be in the journal yet when it is looked at.
        final long end = Math.min(span.toPosition(), RecordingReader.endOf(recording.dir(), span.recording()));
        try (RecordingReader reader = new RecordingReader(
            recording.dir(), span.recording(), span.fromPosition(), end, (finding) ->
            {
                if (finding.isLoss())
                {
                    problems.add(finding.toString());
                }
            }))
        {
            final ComparedFrames frames = new ComparedFrames(journal, (index) -> wanted(span.run(), index));
            while (!reader.isAtEnd())
            {
                reader.poll(frames, POLL_LIMIT_BYTES);
                recording.release(span.recording().id(), reader.position());
                onBytes.accept(journal.bytes());
            }
        }
        catch (final TransportException ex)
        {
            throw new IOException(ex.getMessage(), ex);
        }
        catch (final UncheckedIOException ex)
        {
            throw ex.getCause();
        }
    }

    private LedgerPartition wanted(final Run run, final int partitionIndex)
    {
        final LedgerPartition name = run.partitions().get(partitionIndex);
        if (null == name)
        {
            problems.add("partition index " + partitionIndex + " of the run of " + run.link() +
                " has no name in the index of runs");
            return null;
        }
        return null == topics || topics.matcher(name.topic()).matches() ? name : null;
    }
}
