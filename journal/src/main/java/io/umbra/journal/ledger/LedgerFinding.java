package io.umbra.journal.ledger;

import java.nio.file.Path;

/**
 * Something that was wrong with a ledger when it was opened, and what was done about it.
 *
 * @param kind of the damage.
 * @param file concerned.
 * @param text for people: what was found, what was done, where the original is kept if something was lost.
 */
public record LedgerFinding(Kind kind, Path file, String text)
{
    /**
     * Kinds of damage.
     */
    public enum Kind
    {
        /** The last entry was being written: its bytes were cleared. No whole entry is lost. Expected after kill -9. */
        TORN_ENTRY,
        /** A file was being created and held no entry yet: it was deleted. Expected after kill -9. */
        UNFINISHED_FILE,
        /** A file ended without its end mark: the mark was set. No entry is lost. */
        MISSING_END,
        /** A file was damaged: it was set aside, and its whole entries up to the damage were copied to a new one. */
        DAMAGED_FILE,
        /** A file could not be read at all: it was set aside. */
        UNREADABLE_FILE,
        /** The queue's own table file was damaged: it was set aside and made anew. No entry is lost. */
        DAMAGED_TABLE
    }

    @Override
    public String toString()
    {
        return file + ": " + text;
    }
}
