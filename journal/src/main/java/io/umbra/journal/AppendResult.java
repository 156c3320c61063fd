package io.umbra.journal;

/**
 * What an append did. A flyweight: the caller keeps one and hands it to every append; its values hold until the next.
 */
public final class AppendResult
{
    long baseOffset;
    long lastOffset;
    int lastEpoch;
    long segmentBaseOffset;
    int filePosition;
    int length;
    int records;
    int batches;
    long maxTimestamp;
    long oldestAppendTime;
    long digest;

    /** @return base offset of the first batch. */
    public long baseOffset()
    {
        return baseOffset;
    }

    /** @return last offset of the last batch. */
    public long lastOffset()
    {
        return lastOffset;
    }

    /** @return leader epoch of the last batch. */
    public int lastEpoch()
    {
        return lastEpoch;
    }

    /** @return base offset of the segment, which names the file that holds all the bytes. */
    public long segmentBaseOffset()
    {
        return segmentBaseOffset;
    }

    /** @return position of the first byte in the segment file. */
    public int filePosition()
    {
        return filePosition;
    }

    /** @return bytes appended. */
    public int length()
    {
        return length;
    }

    /** @return records appended, control records included. */
    public int records()
    {
        return records;
    }

    /** @return batches appended. */
    public int batches()
    {
        return batches;
    }

    /** @return largest maximum timestamp of the batches, milliseconds since 1970, -1 if they have none. */
    public long maxTimestamp()
    {
        return maxTimestamp;
    }

    /**
     * When the source took the oldest of the batches that say so: those of topics with
     * {@code message.timestamp.type=LogAppendTime}.
     *
     * @return milliseconds since 1970 by the source's clock, -1 if no batch says it.
     */
    public long oldestAppendTime()
    {
        return oldestAppendTime;
    }

    /** @return {@link RollingDigest} of the log after the append. */
    public long digest()
    {
        return digest;
    }
}
