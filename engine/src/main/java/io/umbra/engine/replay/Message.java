package io.umbra.engine.replay;

import io.umbra.journal.ledger.LedgerPartition;

import java.util.Map;

/**
 * One message of a recording, decoded.
 *
 * @param recordingId    of the recording.
 * @param position       of the message, in bytes of the stream.
 * @param shard          whose stream it is.
 * @param type           {@code Data} or the name of a control message, as in the schemas.
 * @param timeNs         wall clock of the engine, nanoseconds since 1970: of a data frame, when it was fetched.
 * @param partitionIndex of its partition in the run.
 * @param name           of the partition; null if the index of runs does not have it.
 * @param fields         the rest, named as in the schemas, in their order.
 */
record Message(
    long recordingId,
    long position,
    int shard,
    String type,
    long timeNs,
    int partitionIndex,
    LedgerPartition name,
    Map<String, Object> fields)
{
    /** What the partition is called, as far as that is known. */
    String partitionText()
    {
        return null == name ? "(partition index " + partitionIndex + ", name not known)" : name.toString();
    }
}
