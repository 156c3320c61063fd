package io.umbra.systemtests;

import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a partition's directory says of producers and transactions, as Kafka's own code reads it. */
final class ProducerFiles
{
    private static final String SNAPSHOT = ".snapshot";
    private final Path dir;
    private final List<ProducerStateEntry> entries;
    private final long snapshotOffset;

    /** Reads the newest snapshot. */
    ProducerFiles(final Path dir) throws IOException
    {
        this.dir = dir;
        final List<Path> snapshots = files(SNAPSHOT);
        final Path newest = snapshots.get(snapshots.size() - 1);
        entries = ProducerStateManager.readSnapshot(newest.toFile());
        snapshotOffset = Long.parseLong(newest.getFileName().toString().replace(SNAPSHOT, ""));
    }

    private List<Path> files(final String suffix) throws IOException
    {
        try (Stream<Path> files = Files.list(dir))
        {
            return files.filter((file) -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }

    /** The offset up to which the newest snapshot tells. */
    long snapshotOffset()
    {
        return snapshotOffset;
    }

    /** All that is known of each producer: epochs, sequences, offsets, times, the transaction that is open. */
    Map<Long, String> producers()
    {
        final Map<Long, String> producers = new TreeMap<>();
        entries.forEach((entry) -> producers.put(entry.producerId(), entry.toString()));
        return producers;
    }

    /** First offset of the oldest transaction that is open. */
    OptionalLong firstOpenTransaction()
    {
        return entries.stream()
            .filter((entry) -> entry.currentTxnFirstOffset().isPresent())
            .mapToLong((entry) -> entry.currentTxnFirstOffset().getAsLong())
            .min();
    }

    /** The {@code .txnindex} files of all segments, put end to end: where segments begin need not be the same. */
    byte[] abortedTransactions() throws IOException
    {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (final Path segment : SegmentFile.of(dir))
        {
            bytes.write(abortedTransactions(segment));
        }
        return bytes.toByteArray();
    }

    /** The {@code .txnindex} of a segment; there is none where nothing was aborted. */
    static byte[] abortedTransactions(final Path segment) throws IOException
    {
        final Path index = segment.resolveSibling(segment.getFileName().toString().replace(".log", ".txnindex"));
        return Files.exists(index) ? Files.readAllBytes(index) : new byte[0];
    }
}
