package io.umbra.journal;

/**
 * A batch in a log.
 *
 * @param segment  index of its segment, ascending.
 * @param position in the segment's file.
 * @param offset   its base offset; for the end of a log the next offset.
 */
record BatchLocation(int segment, int position, long offset) implements Comparable<BatchLocation>
{
    @Override
    public int compareTo(final BatchLocation other)
    {
        return segment != other.segment ?
            Integer.compare(segment, other.segment) : Integer.compare(position, other.position);
    }

    static BatchLocation min(final BatchLocation a, final BatchLocation b)
    {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
