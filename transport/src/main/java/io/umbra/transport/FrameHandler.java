package io.umbra.transport;

import io.umbra.codecs.control.SourceCondition;

import java.nio.ByteBuffer;

/**
 * Receives what a {@link FramePoller} finds in a shard's stream. A handler that throws loses nothing: the message stays
 * in the stream, and comes again.
 */
public interface FrameHandler
{
    /**
     * A data frame begins; its payload follows in slices.
     */
    void onFrameBegin();

    /**
     * A slice of the payload, in place in the IPC buffer, or where its publisher has lent it. Valid until
     * {@link #onFrameEnd(FrameHeader)} returns.
     *
     * @param termBuffer holds the bytes; its position and limit are of no meaning.
     * @param offset     of the slice's first byte.
     * @param length     in bytes.
     */
    void onFramePayload(ByteBuffer termBuffer, int offset, int length);

    /**
     * The frame is complete.
     *
     * @param header of the frame; reused for the next.
     * @return true if it is done with, false to have the whole frame again at a later poll.
     */
    boolean onFrameEnd(FrameHeader header);

    /**
     * The source's log start offset has moved up.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch in which it was seen.
     * @param logStartOffset  first offset that the source still has.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @return true if it is done with, false to have it again.
     */
    boolean onLogStartAdvanced(int partitionIndex, int assignmentEpoch, long logStartOffset, long timeNs);

    /**
     * Fetching of a partition begins anew, or has stopped with a fault.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch the epoch that begins, or that ended in a fault.
     * @param fetchOffset     next offset to fetch.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @param condition       what has become of it.
     * @param text            reason for people; may be empty.
     * @return true if it is done with, false to have it again.
     */
    boolean onSourceConditionChanged(
        int partitionIndex,
        int assignmentEpoch,
        long fetchOffset,
        long timeNs,
        SourceCondition condition,
        String text);

    /**
     * The source's history is another one than the log's.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch in which it was seen; fetching begins anew in the next one.
     * @param fetchOffset     that was asked for: the end of the log.
     * @param leaderEpoch     largest of the source at or below the log's last one; -1 if it has none.
     * @param endOffset       of that epoch at the source.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @return true if it is done with, false to have it again.
     */
    boolean onSourceDiverged(
        int partitionIndex, int assignmentEpoch, long fetchOffset, int leaderEpoch, long endOffset, long timeNs);

    /**
     * The source has dropped offsets that the journal did not have yet.
     *
     * @param partitionIndex  the engine's index of the partition.
     * @param assignmentEpoch in which it was seen; fetching begins anew in the next one.
     * @param fromOffset      that was asked for: the end of the log.
     * @param toOffset        first offset that the source still has.
     * @param timeNs          wall clock, nanoseconds since 1970.
     * @return true if it is done with, false to have it again.
     */
    boolean onOffsetsLost(int partitionIndex, int assignmentEpoch, long fromOffset, long toOffset, long timeNs);
}
