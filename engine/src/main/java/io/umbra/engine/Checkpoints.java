package io.umbra.engine;

import io.umbra.journal.JournalDirectory;
import io.umbra.journal.PartitionCheckpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes down how far each log is durable, so that the next start need not check all of it.
 */
final class Checkpoints
{
    private final JournalDirectory directory;
    private final PartitionSlots slots;
    private final EventLog events;

    Checkpoints(final JournalDirectory directory, final PartitionSlots slots, final EventLog events)
    {
        this.directory = directory;
        this.slots = slots;
        this.events = events;
    }

    /** A failure is reported, and made good by the next one: an older checkpoint only makes a start slower. */
    synchronized void write()
    {
        final List<PartitionCheckpoint> checkpoints = new ArrayList<>();
        long producerId = -1;
        for (final PartitionSlot slot : slots.all())
        {
            final PartitionSlot.DurablePoint point = null == slot ? null : slot.durablePoint;
            if (null != point)
            {
                checkpoints.add(new PartitionCheckpoint(
                    slot.log.topic(), slot.log.partition(), point.logStartOffset(), point.offset(), point.digest()));
                producerId = Math.max(producerId, point.producerId());
            }
        }
        try
        {
            directory.writeCheckpoints(checkpoints, producerId);
        }
        catch (final IOException ex)
        {
            events.onError(ex);
        }
    }
}
