package io.umbra.transport.recording;

import io.umbra.transport.ShardTransport;

/**
 * One recording as the archive's catalog has it. Positions are bytes of the stream.
 *
 * @param id             of the recording.
 * @param streamId       that was recorded, see {@link #shard()}.
 * @param startPosition  first position that is still there.
 * @param stopPosition   where it has ended, {@link #NOT_STOPPED} while it is recorded, or if it was never closed.
 * @param startTimeMs    when it began, milliseconds since 1970.
 * @param stopTimeMs     when it was closed, milliseconds since 1970; -1 if it is not.
 * @param initialTermId  of the stream.
 * @param segmentLength  of its files, in bytes; a multiple of the term length.
 * @param termLength     of the stream, in bytes; a power of two.
 * @param mtuLength      of the stream, in bytes.
 */
public record Recording(
    long id,
    int streamId,
    long startPosition,
    long stopPosition,
    long startTimeMs,
    long stopTimeMs,
    int initialTermId,
    int segmentLength,
    int termLength,
    int mtuLength)
{
    /** Stop position of a recording that is not closed. */
    public static final long NOT_STOPPED = -1;

    /**
     * The shard whose stream it is.
     *
     * @return index of the shard.
     */
    public int shard()
    {
        return streamId - ShardTransport.Context.STREAM_ID_BASE;
    }

    /**
     * Whether the catalog says where it ends.
     *
     * @return false while it is recorded, and after its engine was killed.
     */
    public boolean isStopped()
    {
        return NOT_STOPPED != stopPosition;
    }

    /**
     * Position at which a file of the recording begins.
     *
     * @param position within that file.
     * @return the file's first position.
     */
    public long segmentBase(final long position)
    {
        // The first file begins with the term in which the recording began.
        final long startTermBase = startPosition - (startPosition & (termLength - 1));
        return position - Math.floorMod(position - startTermBase, (long)segmentLength);
    }
}
