package io.umbra.transport;

/**
 * The fields of a data frame, as the publisher takes them and the poller gives them; see the schema {@code DataFrame}.
 * A mutable flyweight that each agent reuses.
 */
public final class FrameHeader
{
    /** The engine's index of the partition. */
    public int partitionIndex;
    /** Grows each time fetching of the partition begins anew. */
    public int assignmentEpoch;
    /** Leader epoch of the last batch in the frame. */
    public int leaderEpoch;
    /** Source broker that sent the batches. */
    public int leaderId;
    /** Offset that was asked for: the end of the partition's log before this frame. */
    public long fetchOffset;
    /** Base offset of the first batch. */
    public long baseOffset;
    /** Last offset of the last batch. */
    public long lastOffset;
    /** High watermark in the fetch response; -1 unknown. */
    public long sourceHighWatermark;
    /** Log start offset in the fetch response; -1 unknown. */
    public long sourceLogStartOffset;
    /** Wall clock when the response was received, nanoseconds since 1970. */
    public long fetchTimeNs;
    /** Position of the chunk within its batch; 0 for whole batches. */
    public int chunkOffset;
    /** Length of the batch that this is a chunk of; 0 for whole batches. */
    public int batchLength;
}
