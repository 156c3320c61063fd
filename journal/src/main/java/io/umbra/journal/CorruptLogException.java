package io.umbra.journal;

import java.io.IOException;
import java.nio.file.Path;

/** A reader met bytes in a partition log that are no batch. */
public final class CorruptLogException extends IOException
{
    private static final long serialVersionUID = 1L;

    private final transient Path file;
    private final long position;
    private final long offset;

    CorruptLogException(final Path file, final long position, final long offset, final String message)
    {
        super(file + " position " + position + " offset " + offset + ": " + message);
        this.file = file;
        this.position = position;
        this.offset = offset;
    }

    /** @return the segment file. */
    public Path file()
    {
        return file;
    }

    /** @return where in the file the bytes begin. */
    public long position()
    {
        return position;
    }

    /** @return next offset after the last batch that was whole. */
    public long offset()
    {
        return offset;
    }
}
