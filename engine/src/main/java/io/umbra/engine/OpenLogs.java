package io.umbra.engine;

import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The logs of a shard that have files open, at most so many at once, the one used longest ago first. For the
 * JournalAgent's thread.
 * <p>
 * Only files of which everything is durable are closed to make room: what the device says of a write is said to whoever
 * has the file open.
 */
final class OpenLogs
{
    private final Map<JournalPartition, Boolean> byLastUse = new LinkedHashMap<>(64, 0.75f, true);
    private final int limit;

    /**
     * None is open yet.
     *
     * @param limit of logs, at least one.
     */
    OpenLogs(final int limit)
    {
        this.limit = Math.max(1, limit);
    }

    /**
     * Before a log is written.
     *
     * @param partition of the log.
     * @return false if as many as may be are open, and all of them have something that is not durable. Logs that have
     * some but not all chunks of a batch do not count.
     * @throws IOException if a file cannot be closed.
     */
    boolean mayUse(final JournalPartition partition) throws IOException
    {
        if (null != byLastUse.get(partition))
        {
            return true;
        }
        while (byLastUse.size() >= limit && byLastUse.size() - receivingChunks() >= limit)
        {
            if (!closeOne())
            {
                return false;
            }
        }
        byLastUse.put(partition, Boolean.TRUE);
        return true;
    }

    /**
     * The log takes nothing more.
     *
     * @param partition of the log.
     */
    void abandon(final JournalPartition partition)
    {
        partition.log().abandonFiles();
        byLastUse.remove(partition);
    }

    /** These do not count: what they wait for may come after the frame that wants a place. */
    private int receivingChunks()
    {
        int count = 0;
        for (final JournalPartition partition : byLastUse.keySet())
        {
            if (partition.log().isReceivingChunks())
            {
                count++;
            }
        }
        return count;
    }

    private boolean closeOne() throws IOException
    {
        final Iterator<JournalPartition> eldestFirst = byLastUse.keySet().iterator();
        while (eldestFirst.hasNext())
        {
            if (eldestFirst.next().log().closeFiles())
            {
                eldestFirst.remove();
                return true;
            }
        }
        return false;
    }
}
