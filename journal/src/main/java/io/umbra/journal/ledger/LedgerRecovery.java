package io.umbra.journal.ledger;

import io.umbra.journal.ledger.LedgerFinding.Kind;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Repairs a shard's ledger before Chronicle Queue opens it. Chronicle copes with a crash itself, but slowly, after
 * time-outs of seconds, and it trusts what it finds; this takes milliseconds, for which it relies on there being no
 * other writer.
 *
 * <p>All entries that were whole are there afterwards. What else was in the files is either a part of one entry that
 * was being written, which is cleared, or damage: then the file is kept as {@code *.damaged}, whole entries before
 * the damage are copied into a new file in its place, and a {@link LedgerFinding} says so. Files before the last one
 * are looked at only at their ends.
 */
final class LedgerRecovery
{
    private static final String DAMAGED_SUFFIX = ".damaged";
    private static final String DISCARDED_SUFFIX = ".discard";

    private final Path directory;
    private final List<LedgerFinding> findings = new ArrayList<>();

    private LedgerRecovery(final Path directory)
    {
        this.directory = directory;
    }

    /**
     * Repairs a ledger. Changes nothing in one that was closed properly.
     *
     * @param directory of the shard's ledger; created when missing.
     * @return what was found and done; a list to which more can be added.
     * @throws LedgerException if the directory cannot be read or written.
     */
    static List<LedgerFinding> recover(final Path directory)
    {
        final LedgerRecovery recovery = new LedgerRecovery(directory);
        try
        {
            Files.createDirectories(directory);
            recovery.removeLeftovers();
            recovery.checkFiles();
            LedgerTable.check(directory, recovery.findings);
            return recovery.findings;
        }
        catch (final IOException ex)
        {
            throw new LedgerException(directory, "cannot be opened: " + ex, ex);
        }
    }

    /**
     * Keeps a file under another name, from which nothing reads it. The file itself stays where it is.
     *
     * @param file to keep.
     * @return the other name.
     * @throws IOException if that is not possible.
     */
    static Path keep(final Path file) throws IOException
    {
        for (int i = 0; ; i++)
        {
            final Path kept = file.resolveSibling(file.getFileName() + (i == 0 ? "" : "." + i) + DAMAGED_SUFFIX);
            try
            {
                return Files.createLink(kept, file);
            }
            catch (final FileAlreadyExistsException ex)
            {
                if (Files.isSameFile(kept, file))
                {
                    return kept;
                }
            }
            catch (final UnsupportedOperationException ex)
            {
                // A file system without links.
                return Files.copy(file, kept, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private void removeLeftovers() throws IOException
    {
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory))
        {
            for (final Path path : paths)
            {
                final String name = path.getFileName().toString();
                if (name.endsWith(CycleName.PRECREATED_SUFFIX))
                {
                    Files.delete(path);
                }
                else if (name.endsWith(DISCARDED_SUFFIX))
                {
                    // Chronicle's own way to set aside a file that it cannot read.
                    Files.move(path, path.resolveSibling(name + DAMAGED_SUFFIX));
                }
                else if (name.endsWith(CycleName.SUFFIX) && CycleName.parse(path) < 0)
                {
                    setAside(path, "is not called like a ledger's file");
                }
            }
        }
        LedgerSalvage.removeLeftovers(directory);
    }

    private void checkFiles() throws IOException
    {
        boolean isLast = true;
        for (final Map.Entry<Long, Path> file : CycleName.list(directory).descendingMap().entrySet())
        {
            if (isLast || !CycleFile.scanEnd(file.getValue()).isSealed())
            {
                check(file.getValue(), file.getKey(), isLast);
            }
            isLast &= !Files.exists(file.getValue());
        }
    }

    private void check(final Path file, final long cycle, final boolean isLast) throws IOException
    {
        final CycleFile.Scan scan = CycleFile.scan(file);
        if (scan.start() == CycleFile.Start.UNFINISHED)
        {
            Files.delete(file);
            add(Kind.UNFINISHED_FILE, file, "was being created and is deleted; it held no entry");
        }
        else if (scan.start() == CycleFile.Start.UNREADABLE)
        {
            setAside(file, "begins with bytes that are not a ledger's");
        }
        else if (scan.isDamaged())
        {
            salvage(file, cycle, scan, isLast);
        }
        else
        {
            repairEnd(file, scan, isLast);
        }
    }

    private void repairEnd(final Path file, final CycleFile.Scan scan, final boolean isLast) throws IOException
    {
        if (scan.tailLength() > 0)
        {
            CycleFile.clearTail(file, scan);
            add(Kind.TORN_ENTRY, file, "an entry was being written at " + scan.end() + ", " + scan.tailLength() +
                " bytes of it are cleared; " + scan.entries() + " whole entries are there");
        }
        if (!isLast && !scan.isSealed())
        {
            CycleFile.seal(file, scan.end());
            add(Kind.MISSING_END, file, "had no end mark, which is set");
        }
    }

    private void salvage(final Path file, final long cycle, final CycleFile.Scan scan, final boolean isLast)
        throws IOException
    {
        if (scan.entries() == 0)
        {
            setAside(file, "is damaged at " + scan.end() + " and holds no whole entry before that");
            return;
        }
        final Path salvaged = LedgerSalvage.copyEntries(directory, file, cycle, scan, !isLast || scan.isSealed());
        final Path kept = keep(file);
        // One step, so that there is always a file with the entries under the right name.
        Files.move(salvaged, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        LedgerSalvage.removeLeftovers(directory);
        add(Kind.DAMAGED_FILE, file, "is damaged at " + scan.end() + " and kept as " + kept.getFileName() + "; " +
            scan.entries() + " whole entries before that are recovered");
    }

    private void setAside(final Path file, final String reason) throws IOException
    {
        final Path kept = keep(file);
        Files.delete(file);
        add(Kind.UNREADABLE_FILE, file, reason + " and is set aside as " + kept.getFileName());
    }

    private void add(final Kind kind, final Path file, final String text)
    {
        findings.add(new LedgerFinding(kind, file, text));
    }
}
