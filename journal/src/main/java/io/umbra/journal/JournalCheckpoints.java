package io.umbra.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The checkpoint files at the root of a journal: <code>recovery-point-offset-checkpoint</code> and
 * <code>log-start-offset-checkpoint</code> as Kafka has them, and <code>digest-checkpoint</code> ("topic partition
 * offset digest(hex)"). Each is replaced as a whole; digests carry their own offset, so that the files need not agree.
 * <p>
 * The static readers need no lock and serve other processes.
 */
public final class JournalCheckpoints
{
    /** File of the recovery points. */
    public static final String RECOVERY_POINTS = "recovery-point-offset-checkpoint";
    /** File of the log start offsets. */
    public static final String LOG_STARTS = "log-start-offset-checkpoint";
    /** File of the digests. */
    public static final String DIGESTS = "digest-checkpoint";

    /**
     * A digest and where it holds.
     *
     * @param offset next offset after the last batch that the digest covers.
     * @param digest {@link RollingDigest} there.
     */
    public record DigestPoint(long offset, long digest)
    {
    }

    private JournalCheckpoints()
    {
    }

    /**
     * Recovery points: offsets below which everything is durable.
     *
     * @param journalDir root of the journal.
     * @return by partition; empty if there is no file.
     * @throws IOException if the file cannot be read or is malformed.
     */
    public static Map<PartitionKey, Long> recoveryPoints(final Path journalDir) throws IOException
    {
        return offsets(journalDir.resolve(RECOVERY_POINTS));
    }

    /**
     * Log start offsets.
     *
     * @param journalDir root of the journal.
     * @return by partition; empty if there is no file.
     * @throws IOException if the file cannot be read or is malformed.
     */
    public static Map<PartitionKey, Long> logStartOffsets(final Path journalDir) throws IOException
    {
        return offsets(journalDir.resolve(LOG_STARTS));
    }

    /**
     * Digests.
     *
     * @param journalDir root of the journal.
     * @return by partition; empty if there is no file.
     * @throws IOException if the file cannot be read or is malformed.
     */
    public static Map<PartitionKey, DigestPoint> digests(final Path journalDir) throws IOException
    {
        final Path path = journalDir.resolve(DIGESTS);
        final Map<PartitionKey, DigestPoint> digests = new TreeMap<>();
        for (final Map.Entry<PartitionKey, String> entry : OffsetCheckpointFile.read(path).entrySet())
        {
            final String[] parts = entry.getValue().split(" ");
            try
            {
                digests.put(
                    entry.getKey(), new DigestPoint(Long.parseLong(parts[0]), Long.parseUnsignedLong(parts[1], 16)));
            }
            catch (final NumberFormatException | IndexOutOfBoundsException ex)
            {
                throw new IOException(path + " is malformed at " + entry.getKey(), ex);
            }
        }
        return digests;
    }

    private static Map<PartitionKey, Long> offsets(final Path path) throws IOException
    {
        final Map<PartitionKey, Long> offsets = new TreeMap<>();
        for (final Map.Entry<PartitionKey, String> entry : OffsetCheckpointFile.read(path).entrySet())
        {
            try
            {
                offsets.put(entry.getKey(), Long.parseLong(entry.getValue()));
            }
            catch (final NumberFormatException ex)
            {
                throw new IOException(path + " is malformed at " + entry.getKey(), ex);
            }
        }
        return offsets;
    }

    /**
     * All that the files say together. The digests are written first, so after a crash between two files they are the
     * newest; and a recovery point without its digest is not believed: then nothing is known to be durable.
     */
    static Map<PartitionKey, PartitionCheckpoint> readAll(final Path journalDir) throws IOException
    {
        final Map<PartitionKey, Long> starts = logStartOffsets(journalDir);
        final Map<PartitionKey, DigestPoint> digests = digests(journalDir);
        final Set<PartitionKey> keys = new TreeSet<>(starts.keySet());
        keys.addAll(digests.keySet());
        final Map<PartitionKey, PartitionCheckpoint> all = new TreeMap<>();
        for (final PartitionKey key : keys)
        {
            final long start = starts.getOrDefault(key, 0L);
            final DigestPoint digest = digests.getOrDefault(key, new DigestPoint(start, RollingDigest.SEED));
            all.put(
                key, new PartitionCheckpoint(key.topic(), key.partition(), start, digest.offset(), digest.digest()));
        }
        return all;
    }

    static void write(final Path journalDir, final Collection<PartitionCheckpoint> checkpoints) throws IOException
    {
        final Map<PartitionKey, String> points = new TreeMap<>();
        final Map<PartitionKey, String> starts = new TreeMap<>();
        final Map<PartitionKey, String> digests = new TreeMap<>();
        for (final PartitionCheckpoint checkpoint : checkpoints)
        {
            final PartitionKey key = checkpoint.key();
            points.put(key, Long.toString(checkpoint.durableOffset()));
            starts.put(key, Long.toString(checkpoint.logStartOffset()));
            digests.put(key, checkpoint.durableOffset() + " " + Long.toHexString(checkpoint.digest()));
        }
        OffsetCheckpointFile.write(journalDir.resolve(DIGESTS), digests);
        OffsetCheckpointFile.write(journalDir.resolve(LOG_STARTS), starts);
        OffsetCheckpointFile.write(journalDir.resolve(RECOVERY_POINTS), points);
    }
}
