package io.umbra.engine.recording;

import io.umbra.journal.ledger.LedgerPartition;

import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * One run of an engine as it was recorded: where it begins in each recording, and what its partition indexes mean,
 * which hold for this run alone.
 *
 * @param startTimeMs  when it began, milliseconds since 1970.
 * @param link         name of the link.
 * @param nodeId       of the engine.
 * @param segmentBytes at which the journal's segments end.
 * @param isMirror     whether the journal drops at once what the source drops.
 * @param clusterId    of the source; null if it was never reached.
 * @param streams      one for each shard.
 * @param partitions   by index.
 */
public record Run(
    long startTimeMs,
    String link,
    int nodeId,
    int segmentBytes,
    boolean isMirror,
    String clusterId,
    List<Stream> streams,
    Map<Integer, LedgerPartition> partitions)
{
    /**
     * Keeps what it is given.
     */
    public Run
    {
        streams = List.copyOf(streams);
        partitions = Collections.unmodifiableMap(partitions);
    }

    /**
     * Where a run begins in a recording.
     *
     * @param shard       index of the shard.
     * @param recordingId of the recording.
     * @param position    of the first message, in bytes of the stream.
     */
    public record Stream(int shard, long recordingId, long position)
    {
    }

    /**
     * Where the run begins in a recording.
     *
     * @param recordingId of the recording.
     * @return null if it has no part in it.
     */
    public Stream stream(final long recordingId)
    {
        for (final Stream stream : streams)
        {
            if (stream.recordingId == recordingId)
            {
                return stream;
            }
        }
        return null;
    }
}
