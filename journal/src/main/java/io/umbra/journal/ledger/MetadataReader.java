package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MetadataKind;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Reads what the metadata's ledger says, at any time that it remembers, from any process, also while the engine writes
 * it. Read-only.
 *
 * <p>Files are read from the newest back until one names all values; mostly that is the one in which the time falls.
 */
public final class MetadataReader
{
    private MetadataReader()
    {
    }

    /**
     * What was known at a time.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @param asOfNs          nanoseconds since 1970; {@link Long#MAX_VALUE} for the latest.
     * @return what was known; not complete when the ledger begins later, or is missing.
     * @throws LedgerException if a file is damaged or cannot be read.
     */
    public static MetadataState read(final Path ledgerDirectory, final long asOfNs)
    {
        return answer(LedgerContext.metadataDirectory(ledgerDirectory), (files) -> read(files, asOfNs));
    }

    /**
     * The earliest time for which {@link #read} has a complete answer.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @return nanoseconds since 1970; empty when there is no answer at all.
     * @throws LedgerException if a file is damaged or cannot be read.
     */
    public static OptionalLong earliestNs(final Path ledgerDirectory)
    {
        return answer(LedgerContext.metadataDirectory(ledgerDirectory), (files) ->
        {
            for (final Path file : files.values())
            {
                final MetadataScan scan = MetadataScan.of(file, Long.MAX_VALUE);
                if (scan.isComplete())
                {
                    return OptionalLong.of(scan.headNs());
                }
            }
            return OptionalLong.empty();
        });
    }

    /**
     * What the ledger in a directory knew at its end, complete or not.
     */
    static MetadataState latest(final Path directory)
    {
        return answer(directory, (files) -> read(files, Long.MAX_VALUE));
    }

    /**
     * Whether the last file in a directory names all values.
     */
    static boolean isLastComplete(final Path directory)
    {
        return answer(directory, (files) ->
            !files.isEmpty() && MetadataScan.of(files.lastEntry().getValue(), Long.MAX_VALUE).isComplete());
    }

    private static MetadataState read(final NavigableMap<Long, Path> files, final long asOfNs) throws IOException
    {
        final MetadataState state = new MetadataState();
        final Map<MetadataKind, Map<String, String>> changes = new EnumMap<>(MetadataKind.class);
        for (final Path file : files.descendingMap().values())
        {
            final MetadataScan scan = MetadataScan.of(file, asOfNs);
            scan.addTo(changes, state);
            if (scan.isComplete())
            {
                state.isComplete(true);
                break;
            }
        }
        changes.forEach((kind, ofKind) -> ofKind.forEach((key, value) ->
        {
            if (value != null)
            {
                state.of(kind).put(key, value);
            }
        }));
        return state;
    }

    /** The oldest file may be deleted while it is wanted: then there are others by now. */
    private static <T> T answer(final Path directory, final Question<T> question)
    {
        try
        {
            while (true)
            {
                final NavigableMap<Long, Path> files =
                    Files.isDirectory(directory) ? CycleName.list(directory) : new TreeMap<>();
                try
                {
                    return question.of(files);
                }
                catch (final NoSuchFileException ex)
                {
                    if (files.equals(CycleName.list(directory)))
                    {
                        throw ex;
                    }
                }
            }
        }
        catch (final IOException ex)
        {
            throw new LedgerException(directory, "cannot be read: " + ex, ex);
        }
    }

    /**
     * Something that a ledger's files answer.
     */
    @FunctionalInterface
    private interface Question<T>
    {
        T of(NavigableMap<Long, Path> files) throws IOException;
    }
}
