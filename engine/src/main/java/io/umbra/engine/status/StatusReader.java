package io.umbra.engine.status;

import io.umbra.journal.Incidents;
import io.umbra.journal.Promotions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds out how a link is, without a word to its engine: from the partition table while the engine runs, and from the
 * table and the journal's files when it does not. Nothing is locked, nothing is written. For one thread.
 */
public final class StatusReader
{
    /** The control thread gives a sign of life each second. */
    static final long HEARTBEAT_TIMEOUT_MS = 10_000;
    /** A process that began later than the engine says has its process id by chance. */
    private static final long START_TIME_TOLERANCE_MS = 5_000;

    private final Path journalDir;
    private final String linkName;

    /**
     * A reader for a link.
     *
     * @param journalDir directory of the journal; need not exist.
     * @param linkName   name of the link.
     */
    public StatusReader(final Path journalDir, final String linkName)
    {
        this.journalDir = journalDir;
        this.linkName = linkName;
    }

    /**
     * The link's status at this moment.
     *
     * @param nowMs milliseconds since 1970.
     * @return the status.
     * @throws UncheckedIOException when there are files that cannot be read.
     */
    public Status read(final long nowMs)
    {
        try
        {
            return Files.exists(PartitionTable.file(journalDir)) ? fromTable(nowMs) : neverRun();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex.getMessage(), ex);
        }
    }

    /**
     * Whether the link's engine runs.
     *
     * @param nowMs milliseconds since 1970.
     * @return true if it does.
     * @throws UncheckedIOException when there are files that cannot be read.
     */
    public boolean isEngineRunning(final long nowMs)
    {
        if (!Files.exists(PartitionTable.file(journalDir)))
        {
            return false;
        }
        try (PartitionTable table = PartitionTable.openReadOnly(journalDir))
        {
            return isRunning(table.header(), nowMs);
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex.getMessage(), ex);
        }
    }

    private Status fromTable(final long nowMs) throws IOException
    {
        try (PartitionTable table = PartitionTable.openReadOnly(journalDir))
        {
            return isRunning(table.header(), nowMs) ? running(table, nowMs) : stopped(table, nowMs);
        }
    }

    private Status running(final PartitionTable table, final long nowMs) throws IOException
    {
        final TableHeader header = table.header();
        final ReportBuilder builder = builder();
        for (int index = 0, rows = table.rowCount(); index < rows; index++)
        {
            builder.add(table, index, 0);
        }

        return new Status(
            builder.build(header, true, Math.max(0, nowMs - header.startTimeMs())), header.error());
    }

    private Status stopped(final PartitionTable table, final long nowMs) throws IOException
    {
        final ReportBuilder builder = builder();
        for (int index = 0, rows = table.rowCount(); index < rows; index++)
        {
            builder.add(table, index, nowMs);
        }
        // The files are the truth: the table may be a moment older, and after a power failure much older.
        JournalFiles.partitions(journalDir).forEach(builder::add);

        return new Status(builder.build(table.header(), false, 0), table.header().error());
    }

    private Status neverRun() throws IOException
    {
        final ReportBuilder builder = builder();
        JournalFiles.partitions(journalDir).forEach(builder::add);

        return new Status(builder.build(linkName), "");
    }

    private ReportBuilder builder() throws IOException
    {
        final ReportBuilder builder = new ReportBuilder(new Promotions(journalDir).list());
        new Incidents(journalDir).open().forEach(builder::add);
        builder.metadata(MetadataStatusFile.read(journalDir));
        builder.scrub(ScrubStatusFile.read(journalDir));
        builder.recorder(RecorderStatusFile.read(journalDir));
        return builder;
    }

    private static boolean isRunning(final TableHeader header, final long nowMs)
    {
        if (header.isCleanStop() || nowMs - header.heartbeatMs() > HEARTBEAT_TIMEOUT_MS)
        {
            return false;
        }

        return ProcessHandle.of(header.pid())
            .filter(ProcessHandle::isAlive)
            .flatMap((process) -> process.info().startInstant())
            .map((start) -> start.toEpochMilli() <= header.startTimeMs() + START_TIME_TOLERANCE_MS)
            .orElse(false);
    }
}
