package io.umbra.journal.ledger;

import java.nio.file.Path;

/**
 * A ledger cannot be opened, read or written. The message names the file and says what can be done.
 */
public final class LedgerException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    private final transient Path file;

    /**
     * A failure without a cause of its own.
     *
     * @param file    the ledger's file or directory.
     * @param message what is wrong and what can be done; the file is put in front of it.
     */
    public LedgerException(final Path file, final String message)
    {
        this(file, message, null);
    }

    /**
     * A failure with a cause.
     *
     * @param file    the ledger's file or directory.
     * @param message what is wrong and what can be done; the file is put in front of it.
     * @param cause   of it, or null.
     */
    public LedgerException(final Path file, final String message, final Throwable cause)
    {
        super(file + ": " + message, cause);
        this.file = file;
    }

    /**
     * The file or directory concerned.
     *
     * @return the file or directory concerned.
     */
    public Path file()
    {
        return file;
    }
}
