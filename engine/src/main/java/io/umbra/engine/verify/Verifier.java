package io.umbra.engine.verify;

import io.umbra.journal.JournalCheckpoints;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.LogReader;
import io.umbra.journal.PartitionKey;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * Compares a shadow with its live source: base and last offset, size, leader epoch and CRC-32C of every batch that
 * both hold, and the CRC-32C of the shadow's bytes, computed anew; on request every byte. What the source's cleaner has
 * rewritten in a compacted topic is compared record by record. Works while the engine runs and when it does not; takes
 * no lock and changes nothing.
 */
public final class Verifier
{
    private static final long PROGRESS_BYTES = 8 << 20;

    private final VerifySettings settings;
    private final VerifySource source;
    private final VerifyProgress progress;
    private Map<String, CleanupPolicy> policies = Map.of();
    private int done;
    private int partitions;
    private long bytes;
    private long toldBytes;

    private Verifier(final VerifySettings settings, final VerifySource source, final VerifyProgress progress)
    {
        this.settings = settings;
        this.source = source;
        this.progress = progress;
    }

    /**
     * Compares all partitions, those of the source and those of the shadow.
     *
     * @param settings what to look at.
     * @param source   to compare with.
     * @param progress is told how it goes on.
     * @return what was found out.
     * @throws IOException if the source's partitions or the journal's directory cannot be listed. What goes wrong
     *         with one
     *                     partition is told in its verdict.
     */
    public static VerifyReport verify(
        final VerifySettings settings, final VerifySource source, final VerifyProgress progress) throws IOException
    {
        return new Verifier(settings, source, progress).verify();
    }

    /**
     * Compares a part of one partition that the shadow holds wholly, such as a sealed segment.
     *
     * @param settings  where the shadow is, and how to compare.
     * @param source    to compare with.
     * @param partition to compare.
     * @param policy    what the source does with the topic's old records.
     * @param start     first offset to be compared.
     * @param end       the offset behind the last one.
     * @param progress  is told the bytes compared, after every batch; may wait. What it throws ends the comparison.
     * @return what was found out.
     * @throws NoSuchFileException if the shadow has no such partition.
     * @throws IOException         if the shadow's directory cannot be read.
     */
    public static PartitionVerdict verify(
        final VerifySettings settings,
        final VerifySource source,
        final SourcePartition partition,
        final CleanupPolicy policy,
        final long start,
        final long end,
        final LongConsumer progress) throws IOException
    {
        try (LogReader shadow = LogReader.open(settings.journalDir().resolve(partition.name())))
        {
            return new PartitionVerifier(
                settings, source, partition, policy, shadow, 0, progress, start, end).verify();
        }
    }

    private VerifyReport verify() throws IOException
    {
        final Map<PartitionKey, SourcePartition> atSource = new TreeMap<>();
        for (final SourcePartition partition : source.partitions())
        {
            if (settings.topics().test(partition.topic()))
            {
                atSource.put(new PartitionKey(partition.topic(), partition.partition()), partition);
            }
        }
        final TreeSet<PartitionKey> all = new TreeSet<>(atSource.keySet());
        for (final PartitionKey key : journaled())
        {
            if (settings.topics().test(key.topic()))
            {
                all.add(key);
            }
        }
        partitions = all.size();
        final Map<PartitionKey, Long> logStarts = logStarts();
        policies = source.cleanupPolicies(
            atSource.keySet().stream().map(PartitionKey::topic).collect(Collectors.toCollection(TreeSet::new)));
        final List<PartitionVerdict> verdicts = new ArrayList<>();
        for (final PartitionKey key : all)
        {
            progress.onProgress(key.toString(), done, partitions, bytes);
            verdicts.add(verify(key, atSource.get(key), logStarts.getOrDefault(key, 0L)));
            done++;
        }
        return new VerifyReport(settings.isDeep(), verdicts);
    }

    private PartitionVerdict verify(final PartitionKey key, final SourcePartition partition, final long logStart)
    {
        final VerdictBuilder verdict = new VerdictBuilder(key.topic(), key.partition());
        try (LogReader shadow = LogReader.open(settings.journalDir().resolve(key.toString())))
        {
            if (partition != null)
            {
                return new PartitionVerifier(settings, source, partition, policies.get(key.topic()), shadow,
                    logStart, (length) -> onBytes(key, length)).verify();
            }
            verdict.shadow(Math.max(logStart, shadow.startOffset()), shadow.endOffset());
            verdict.note("the source has no such partition");
        }
        catch (final NoSuchFileException ex)
        {
            missing(partition, verdict);
        }
        catch (final IOException ex)
        {
            verdict.error("the shadow cannot be read: " + ex);
        }
        return verdict.build();
    }

    /**
     * The engine may be about to create it, so that this is lag.
     */
    private void missing(final SourcePartition partition, final VerdictBuilder verdict)
    {
        if (partition == null)
        {
            verdict.note("deleted meanwhile");
            return;
        }
        try
        {
            final SourceBatches batches = source.open(partition);
            verdict.source(batches.logStartOffset(), batches.highWatermark());
            verdict.note("the shadow has no such partition yet");
        }
        catch (final IOException ex)
        {
            verdict.error(ex.getMessage() == null ? ex.toString() : ex.getMessage());
        }
    }

    private void onBytes(final PartitionKey key, final long length)
    {
        bytes += length;
        if (bytes - toldBytes >= PROGRESS_BYTES)
        {
            toldBytes = bytes;
            progress.onProgress(key.toString(), done, partitions, bytes);
        }
    }

    private List<PartitionKey> journaled() throws IOException
    {
        final Path journalDir = settings.journalDir();
        return Files.isDirectory(journalDir) ? JournalDirectory.partitions(journalDir) : List.of();
    }

    private Map<PartitionKey, Long> logStarts()
    {
        try
        {
            return JournalCheckpoints.logStartOffsets(settings.journalDir());
        }
        catch (final IOException ex)
        {
            // The engine does without one that is damaged. The logs' first offsets are at most some segments lower.
            return Map.of();
        }
    }
}
