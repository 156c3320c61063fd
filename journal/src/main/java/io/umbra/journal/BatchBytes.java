package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.Arrays;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * A gather list: the logical bytes [0, length) are made of slices of other buffers, direct or heap, one after the
 * other. It is filled anew for every frame. In steady state it allocates nothing: views of the source buffers are kept,
 * found by identity, because the few term buffers behind a stream come again and again.
 * <p>
 * Not thread-safe. The slices must stay readable until {@link #reset()}. Numbers are big endian and may straddle
 * slices.
 */
public final class BatchBytes
{
    /** Source buffers remembered per place in the list; a stream has three term buffers. */
    private static final int WAYS = 4;
    /** Room for the largest frame and the block that it begins in. */
    private static final int STAGING_BYTES = (4 << 20) + (64 << 10);
    /** Copied and then checksummed at a time: small enough to be in the core's cache still. */
    private static final int STAGING_STEP = 64 << 10;

    private ByteBuffer[][] cachedSources = new ByteBuffer[16][];
    private ByteBuffer[][] cachedViews = new ByteBuffer[16][];
    private int[] nextWay = new int[16];
    private ByteBuffer[] views = new ByteBuffer[16];
    /** Position of a slice within its source. */
    private int[] offsets = new int[16];
    /** Logical position at which a slice begins; one more than slices, the last is the length. */
    private int[] starts = new int[17];
    private int count;
    private int cursor;
    private final CRC32C crc = new CRC32C();
    private ByteBuffer staging;
    /** Where the list's first byte goes in the staging buffer, or -1 while nothing is to be staged. */
    private int stagingOffset = -1;
    /** Bytes of the list that are in the staging buffer. */
    private int staged;

    /** Empties the list. Views of source buffers are kept for the next frame. */
    public void reset()
    {
        count = 0;
        cursor = 0;
        stagingOffset = -1;
        staged = 0;
    }

    /**
     * Adds the bytes [offset, offset + length) of a buffer to the end. Position, limit and byte order of the source do
     * not matter and do not change.
     *
     * @param source that holds the bytes.
     * @param offset absolute, in the source.
     * @param length in bytes; an empty slice is left out.
     */
    public void add(final ByteBuffer source, final int offset, final int length)
    {
        Objects.checkFromIndexSize(offset, length, source.capacity());
        if (length == 0)
        {
            return;
        }
        if (starts[count] > Integer.MAX_VALUE - length)
        {
            throw new IllegalArgumentException("more than 2 GiB in one gather list");
        }
        if (count == views.length)
        {
            grow();
        }
        views[count] = viewOf(count, source);
        offsets[count] = offset;
        starts[count + 1] = starts[count] + length;
        count++;
    }

    /** @return number of bytes in the list. */
    public int length()
    {
        return starts[count];
    }

    /**
     * One byte.
     *
     * @param position logical.
     * @return the byte.
     */
    public byte getByte(final int position)
    {
        final int slice = sliceAt(position);
        return whole(slice).get(offsets[slice] + position - starts[slice]);
    }

    /**
     * Two bytes, big endian.
     *
     * @param position logical, of the first byte.
     * @return the value.
     */
    public short getShort(final int position)
    {
        final int slice = sliceAt(position);
        if (position + 2 <= starts[slice + 1])
        {
            final ByteBuffer view = whole(slice);
            return view.getShort(offsets[slice] + position - starts[slice]);
        }
        return (short)getStraddling(position, 2);
    }

    /**
     * Four bytes, big endian.
     *
     * @param position logical, of the first byte.
     * @return the value.
     */
    public int getInt(final int position)
    {
        final int slice = sliceAt(position);
        if (position + 4 <= starts[slice + 1])
        {
            final ByteBuffer view = whole(slice);
            return view.getInt(offsets[slice] + position - starts[slice]);
        }
        return (int)getStraddling(position, 4);
    }

    /**
     * Eight bytes, big endian.
     *
     * @param position logical, of the first byte.
     * @return the value.
     */
    public long getLong(final int position)
    {
        final int slice = sliceAt(position);
        if (position + 8 <= starts[slice + 1])
        {
            final ByteBuffer view = whole(slice);
            return view.getLong(offsets[slice] + position - starts[slice]);
        }
        return getStraddling(position, 8);
    }

    /** Byte by byte, in a method of its own: the others stay small enough to be inlined where they are called. */
    private long getStraddling(final int position, final int length)
    {
        long value = 0;
        for (int i = 0; i < length; i++)
        {
            value = (value << 8) | (getByte(position + i) & 0xFF);
        }
        return value;
    }

    /**
     * CRC-32C of a range, without copying it.
     *
     * @param position logical, of the first byte.
     * @param length   in bytes.
     * @return the checksum.
     */
    public int crc32c(final int position, final int length)
    {
        crc.reset();
        if (stagingOffset >= 0 && position >= staged)
        {
            stageAndUpdate(position, length);
        }
        else
        {
            update(crc, position, length);
        }
        return (int)crc.getValue();
    }

    /** Step by step, so that what the checksum reads is what the copy has just brought into the core's cache. */
    private void stageAndUpdate(final int position, final int length)
    {
        final int end = position + length;
        stageUpTo(position);
        while (staged < end)
        {
            final int from = staged;
            stageUpTo(Math.min(end, from + STAGING_STEP));
            staging.limit(stagingOffset + staged).position(stagingOffset + from);
            crc.update(staging);
        }
    }

    private void stageUpTo(final int end)
    {
        staging.limit(stagingOffset + end).position(stagingOffset + staged);
        copyTo(staging, staged, end - staged);
        staged = end;
    }

    /** Feeds a range to a running checksum. */
    void update(final CRC32C running, final int position, final int length)
    {
        Objects.checkFromIndexSize(position, length, length());
        int at = position;
        final int end = position + length;
        while (at < end)
        {
            final int slice = sliceAt(at);
            final int sliceEnd = Math.min(end, starts[slice + 1]);
            running.update(window(slice, at, sliceEnd));
            at = sliceEnd;
        }
    }

    /** Copies a range to the buffer's position, which moves. */
    void copyTo(final ByteBuffer target, final int position, final int length)
    {
        Objects.checkFromIndexSize(position, length, length());
        int at = position;
        final int end = position + length;
        while (at < end)
        {
            final int slice = sliceAt(at);
            final int sliceEnd = Math.min(end, starts[slice + 1]);
            target.put(window(slice, at, sliceEnd));
            at = sliceEnd;
        }
    }

    /**
     * Writes a range with gathering writes until all of it is written.
     *
     * @param channel  to write to, at its position.
     * @param position logical, of the first byte.
     * @param length   in bytes.
     * @return bytes written: always the length.
     * @throws IOException if a write fails; a part may have been written.
     */
    public long writeTo(final GatheringByteChannel channel, final int position, final int length) throws IOException
    {
        Objects.checkFromIndexSize(position, length, length());
        if (length == 0)
        {
            return 0;
        }
        final int end = position + length;
        int first = sliceAt(position);
        int last = first;
        while (true)
        {
            window(last, Math.max(position, starts[last]), Math.min(end, starts[last + 1]));
            if (starts[last + 1] >= end)
            {
                break;
            }
            last++;
        }
        long written = 0;
        while (written < length)
        {
            while (!views[first].hasRemaining())
            {
                first++;
            }
            final long n = channel.write(views, first, last - first + 1);
            if (n <= 0)
            {
                throw new IOException("wrote " + written + " of " + length + " bytes, and no more are taken");
            }
            written += n;
        }
        return written;
    }

    /**
     * Has the list copied into one aligned buffer while its checksums are computed, which brings every byte into the
     * core's cache once rather than twice.
     *
     * @param offset    where the first byte goes, from the beginning of the aligned buffer.
     * @param alignment of the buffer's address.
     */
    void stageAt(final int offset, final int alignment)
    {
        if (length() <= staging(alignment).capacity() - offset)
        {
            stagingOffset = offset;
            staged = 0;
        }
    }

    /**
     * The aligned buffer, with the list in it from an offset on: what is not in it already is copied.
     *
     * @param offset    where the first byte goes, from the beginning of the buffer.
     * @param alignment of the buffer's address.
     * @return the buffer, or null if the list is too long for it.
     */
    ByteBuffer staged(final int offset, final int alignment)
    {
        if (stagingOffset != offset)
        {
            stageAt(offset, alignment);
        }
        if (stagingOffset != offset)
        {
            return null;
        }
        stageUpTo(length());
        return staging.clear();
    }

    private ByteBuffer staging(final int alignment)
    {
        if (staging == null || staging.alignmentOffset(0, alignment) != 0)
        {
            staging = ByteBuffer.allocateDirect(STAGING_BYTES + alignment).alignedSlice(alignment);
        }
        return staging;
    }

    private ByteBuffer window(final int slice, final int from, final int to)
    {
        final ByteBuffer view = views[slice];
        final int base = offsets[slice] - starts[slice];
        view.limit(base + to).position(base + from);
        return view;
    }

    private ByteBuffer whole(final int slice)
    {
        // The limit may still be that of an earlier window.
        final ByteBuffer view = views[slice];
        view.limit(view.capacity());
        return view;
    }

    private int sliceAt(final int position)
    {
        if (position < 0 || position >= starts[count])
        {
            throw new IndexOutOfBoundsException("position " + position + " of " + starts[count]);
        }
        int slice = Math.min(cursor, count - 1);
        while (position < starts[slice])
        {
            slice--;
        }
        while (position >= starts[slice + 1])
        {
            slice++;
        }
        cursor = slice;
        return slice;
    }

    private ByteBuffer viewOf(final int place, final ByteBuffer source)
    {
        if (cachedSources[place] == null)
        {
            cachedSources[place] = new ByteBuffer[WAYS];
            cachedViews[place] = new ByteBuffer[WAYS];
        }
        final ByteBuffer[] sources = cachedSources[place];
        for (int way = 0; way < WAYS; way++)
        {
            if (sources[way] == source)
            {
                return cachedViews[place][way].clear();
            }
        }
        final int way = nextWay[place];
        nextWay[place] = (way + 1) % WAYS;
        sources[way] = source;
        cachedViews[place][way] = source.duplicate().clear();
        return cachedViews[place][way];
    }

    private void grow()
    {
        final int capacity = views.length * 2;
        cachedSources = Arrays.copyOf(cachedSources, capacity);
        cachedViews = Arrays.copyOf(cachedViews, capacity);
        nextWay = Arrays.copyOf(nextWay, capacity);
        views = Arrays.copyOf(views, capacity);
        offsets = Arrays.copyOf(offsets, capacity);
        starts = Arrays.copyOf(starts, capacity + 1);
    }
}
