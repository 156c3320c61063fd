package io.umbra.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * What has to be forced so that a log is durable up to its end at the moment of {@link PartitionLog#prepareFlush()}.
 * Goes from the journal thread to a flusher and back: {@link #force()} runs on any thread, then exactly one of {@link
 * #complete()} and {@link #failed()} on the journal thread. There is one ticket per log at a time.
 */
public final class FlushTicket
{
    private final PartitionLog log;
    private final SegmentFiles files;
    private final List<FileChannel> channels;
    private final List<LogSegment> segments;
    private final List<Path> replacedFiles;
    private final Path directory;
    private final long endOffset;
    private final long digest;
    private final long generation;
    private final boolean whole;
    private boolean returned;

    FlushTicket(
        final PartitionLog log,
        final PartitionLogContext ctx,
        final List<FileChannel> channels,
        final List<LogSegment> segments,
        final List<Path> replacedFiles,
        final boolean directoryChanged,
        final long generation,
        final boolean whole)
    {
        this.log = log;
        this.files = ctx.segmentFiles();
        this.channels = channels;
        this.segments = segments;
        this.replacedFiles = replacedFiles;
        this.directory = directoryChanged ? ctx.directory() : null;
        this.endOffset = log.endOffset();
        this.digest = log.digest();
        this.generation = generation;
        this.whole = whole;
    }

    /** @return the log to flush. */
    public PartitionLog log()
    {
        return log;
    }

    /** @return offset up to which the log is durable once this is complete. */
    public long endOffset()
    {
        return endOffset;
    }

    /** @return {@link RollingDigest} of the log at {@link #endOffset()}. */
    public long digest()
    {
        return digest;
    }

    /**
     * Forces every file concerned to disk, the log before its indexes, and the directory after files were created or
     * replaced. Any thread; blocks for as long as the disk takes.
     *
     * @throws IOException if something could not be forced. What the disk then holds is unknown: the kernel reports a
     *                     lost write once, and a second force may succeed without it. Fault the partition and open the
     *                     log again, rather than try again.
     */
    public void force() throws IOException
    {
        for (final FileChannel channel : channels)
        {
            files.force(channel, false);
        }
        for (final Path path : replacedFiles)
        {
            AtomicFile.forceFile(files, path);
        }
        if (directory != null)
        {
            AtomicFile.forceDirectory(files, directory);
        }
    }

    /**
     * All was forced: the durable offset moves up, and files of full segments are closed. Journal thread.
     */
    public void complete()
    {
        giveBack();
        log.onFlushed(this, true);
    }

    /** Forcing failed: nothing is durable that was not, and the next ticket covers all of it again. Journal thread. */
    public void failed()
    {
        giveBack();
        log.onFlushed(this, false);
    }

    /**
     * Forces and gives back, for who may wait for the device: {@link #force()}, then {@link #complete()}, or {@link
     * #failed()} when it threw. Journal thread.
     *
     * @throws IOException as {@link #force()}.
     */
    public void forceAndReturn() throws IOException
    {
        try
        {
            force();
        }
        catch (final IOException ex)
        {
            failed();
            throw ex;
        }
        complete();
    }

    List<LogSegment> segments()
    {
        return segments;
    }

    List<Path> replacedFiles()
    {
        return replacedFiles;
    }

    boolean directoryChanged()
    {
        return directory != null;
    }

    /** Whether it covers the indexes and all else too. */
    boolean isWhole()
    {
        return whole;
    }

    long generation()
    {
        return generation;
    }

    private void giveBack()
    {
        if (returned)
        {
            throw new IllegalStateException("this ticket was returned before");
        }
        returned = true;
    }
}
