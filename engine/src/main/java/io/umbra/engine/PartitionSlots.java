package io.umbra.engine;

import java.util.Arrays;

/**
 * All partitions by index. One thread adds, any thread reads.
 */
final class PartitionSlots
{
    private volatile PartitionSlot[] slots = new PartitionSlot[0];

    void put(final PartitionSlot slot)
    {
        final PartitionSlot[] next = Arrays.copyOf(slots, Math.max(slots.length, slot.index + 1));
        next[slot.index] = slot;
        slots = next;
    }

    /**
     * The slot of an index.
     *
     * @param index of the partition.
     * @return null while its log is not open.
     */
    PartitionSlot get(final int index)
    {
        final PartitionSlot[] current = slots;
        return index < current.length ? current[index] : null;
    }

    PartitionSlot[] all()
    {
        return slots;
    }
}
