package io.umbra.engine.demo;

import io.umbra.engine.status.PartitionTable;
import io.umbra.engine.status.Status;
import io.umbra.engine.status.StatusReader;
import io.umbra.engine.status.StatusText;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How far the shadow is, seen from outside like anybody sees it: the partition table and the files.
 */
final class ShadowProgress
{
    private final Path journalDir;
    private final StatusReader reader;

    ShadowProgress(final Path journalDir, final String linkName)
    {
        this.journalDir = journalDir;
        this.reader = new StatusReader(journalDir, linkName);
    }

    Status status()
    {
        return reader.read(System.currentTimeMillis());
    }

    String line()
    {
        return StatusText.line(status());
    }

    /**
     * Whether the journal has all that the source had.
     *
     * @param partitions that the source has.
     * @param sinceMs    when the source came to rest, in milliseconds since 1970: samples from before say nothing.
     */
    boolean isComplete(final int partitions, final long sinceMs)
    {
        try (PartitionTable table = PartitionTable.openReadOnly(journalDir))
        {
            final int rows = table.rowCount();
            for (int index = 0; index < rows; index++)
            {
                if (table.sampleTimeMs(index) <= sinceMs ||
                    table.journalEndOffset(index) < table.sampledEndOffset(index))
                {
                    return false;
                }
            }

            return rows == partitions;
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    /** Bytes that an engine has journaled since its start; 0 while the table is not that engine's. */
    long journaledBytes(final long pid)
    {
        return overRows(
            (table, index) -> pid == table.header().pid() ? table.journaledBytes(index) : 0, Long::sum);
    }

    /** When the engine last committed, in milliseconds since 1970. */
    long lastCommitMs()
    {
        return overRows(PartitionTable::commitTimeMs, Math::max);
    }

    /** Records in the shadow's logs. */
    long records()
    {
        return status().report().topics().stream()
            .flatMap((topic) -> topic.partitions().stream())
            .mapToLong((partition) -> partition.endOffset() - partition.logStartOffset())
            .sum();
    }

    /** Bytes of the shadow's segment files. */
    long bytes()
    {
        try (Stream<Path> files = Files.find(
            journalDir, 2, (file, attributes) -> file.getFileName().toString().endsWith(".log")))
        {
            return files.mapToLong((file) -> file.toFile().length()).sum();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    private long overRows(final RowField field, final LongBinaryOperator operator)
    {
        try (PartitionTable table = PartitionTable.openReadOnly(journalDir))
        {
            return IntStream.range(0, table.rowCount())
                .mapToLong((index) -> field.get(table, index))
                .reduce(0, operator);
        }
        catch (final NoSuchFileException ex)
        {
            return 0;
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    private interface RowField
    {
        long get(PartitionTable table, int index);
    }
}
