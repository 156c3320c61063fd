package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files at the root of a broker's log directory that say how far its logs are good, so that the broker takes them
 * as they are: <code>recovery-point-offset-checkpoint</code>, <code>log-start-offset-checkpoint</code>,
 * <code>replication-offset-checkpoint</code> and <code>.kafka_cleanshutdown</code>.
 */
public final class ExportedCheckpoints
{
    /** File of the high watermarks. */
    public static final String HIGH_WATERMARKS = "replication-offset-checkpoint";
    /** File that says that the broker was stopped in order. */
    public static final String CLEAN_SHUTDOWN = ".kafka_cleanshutdown";
    /**
     * The broker epoch in the clean shutdown file. The controller compares it with that of the broker's last
     * registration, and takes this number for it where there was none, as in new metadata (KIP-966). Any other would
     * be an unclean shutdown to it, after which the broker's replicas may not lead.
     */
    static final long NEVER_REGISTERED = -2;

    private ExportedCheckpoints()
    {
    }

    /**
     * Writes the files anew, each as a whole and forced, the one that says that all is well last.
     *
     * @param targetLogDir log directory of the broker.
     * @param logs         all the logs in it.
     * @throws IOException if a file cannot be written.
     */
    public static void write(final Path targetLogDir, final Collection<ExportedLog> logs) throws IOException
    {
        final Map<PartitionKey, String> ends = new TreeMap<>();
        final Map<PartitionKey, String> starts = new TreeMap<>();
        for (final ExportedLog log : logs)
        {
            ends.put(log.partition(), Long.toString(log.promotedEndOffset()));
            starts.put(log.partition(), Long.toString(log.logStartOffset()));
        }
        OffsetCheckpointFile.write(targetLogDir.resolve(JournalCheckpoints.RECOVERY_POINTS), ends);
        OffsetCheckpointFile.write(targetLogDir.resolve(JournalCheckpoints.LOG_STARTS), starts);
        OffsetCheckpointFile.write(targetLogDir.resolve(HIGH_WATERMARKS), ends);
        final String json = "{\"version\":0,\"brokerEpoch\":" + NEVER_REGISTERED + "}";
        AtomicFile.write(
            SegmentFiles.SYSTEM,
            targetLogDir.resolve(CLEAN_SHUTDOWN),
            ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)),
            true);
    }
}
