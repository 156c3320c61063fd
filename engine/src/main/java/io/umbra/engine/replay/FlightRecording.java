package io.umbra.engine.replay;

import io.umbra.engine.recording.RunIndex;
import io.umbra.engine.recording.Run;
import io.umbra.engine.recording.Span;
import io.umbra.transport.recording.ArchiveDirectory;
import io.umbra.transport.recording.FlightRecorder;
import io.umbra.transport.recording.Recording;
import io.umbra.transport.recording.ReplayHold;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * An archive that is being read: while it is open, a running engine deletes nothing of it that is still to be read.
 * What is in it is as of when it was opened. One thread, except where it is said.
 */
public final class FlightRecording implements AutoCloseable
{
    private final Path dir;
    private final ReplayHold hold;
    private final boolean isLive;
    private final List<Recording> recordings;
    private final List<Run> runs;

    private FlightRecording(final Path dir, final ReplayHold hold) throws IOException
    {
        this.dir = dir;
        this.hold = hold;
        isLive = FlightRecorder.isRecording(dir);
        recordings = ArchiveDirectory.recordings(dir);
        runs = RunIndex.read(dir);
    }

    /**
     * Opens an archive, of an engine that runs or of none.
     *
     * @param dir of the archive.
     * @return the archive.
     * @throws IOException if there is none, or it cannot be read.
     */
    public static FlightRecording open(final Path dir) throws IOException
    {
        // Before anything is looked at: it must not go meanwhile.
        final ReplayHold hold = ReplayHold.of(dir);
        try
        {
            return new FlightRecording(dir, hold);
        }
        catch (final IOException | RuntimeException ex)
        {
            hold.close();
            throw ex;
        }
    }

    /**
     * Directory of the archive.
     *
     * @return its path.
     */
    public Path dir()
    {
        return dir;
    }

    /**
     * Whether an engine was recording when this was opened.
     *
     * @return true if recordings may have grown since.
     */
    public boolean isLive()
    {
        return isLive;
    }

    /**
     * The recordings.
     *
     * @return by id.
     */
    public List<Recording> recordings()
    {
        return recordings;
    }

    /**
     * The runs of engines that were recorded, as far as they are known.
     *
     * @return in their order.
     */
    public List<Run> runs()
    {
        return runs;
    }

    /**
     * What is recorded, run by run.
     *
     * @return the parts of the recordings.
     */
    public List<Span> spans()
    {
        return Span.of(runs, recordings);
    }

    /**
     * What lies below is not read again, and may be deleted. From any thread.
     *
     * @param recordingId of the recording.
     * @param position    from which on it will be read.
     */
    public void release(final long recordingId, final long position)
    {
        hold.advance(recordingId, position);
    }

    @Override
    public void close()
    {
        hold.close();
    }
}
