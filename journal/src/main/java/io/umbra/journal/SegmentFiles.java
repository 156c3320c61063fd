package io.umbra.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/**
 * The one seam between the journal and the file system. Every file that a partition log writes or reads is opened here,
 * so that a test can slow a channel down, fill the disk or break a write in the middle.
 */
@FunctionalInterface
public interface SegmentFiles
{
    /** The file system of the machine. */
    SegmentFiles SYSTEM = FileChannel::open;

    /**
     * Opens a file.
     *
     * @param path    of the file.
     * @param options as for {@link FileChannel#open(Path, OpenOption...)}.
     * @return the channel; the caller closes it.
     * @throws IOException if it cannot be opened.
     */
    FileChannel open(Path path, OpenOption... options) throws IOException;

    /**
     * Makes what was written to a file durable.
     *
     * @param channel  of the file, or of a directory.
     * @param metaData as for {@link FileChannel#force(boolean)}.
     * @throws IOException if it cannot be.
     */
    default void force(final FileChannel channel, final boolean metaData) throws IOException
    {
        channel.force(metaData);
    }
}
