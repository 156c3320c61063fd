package io.umbra.jmh.rig;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.TopicPartition;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Kafka's own follower: a second broker joins the replica set. It flushes when the operating system does. */
record FollowerContender(Source source, Source.Load load) implements Contender
{
    private static final long POLL_MS = 5;
    private static final long CLEAN_UP_POLL_MS = 100;

    @Override
    public String name()
    {
        return "follower";
    }

    @Override
    public Measurement run() throws IOException, InterruptedException
    {
        final Path logDir = source.cluster().logDir(Source.FOLLOWER);
        final long pid = source.cluster().pid(Source.FOLLOWER);
        Proc.resetPeakRss(pid);
        try
        {
            reassign(List.of(Source.LEADER, Source.FOLLOWER));
            return load.span(POLL_MS).measure("follower", pid, () ->
                (long)((double)Folders.segmentBytes(logDir, load.topic()) / load.bytes() * load.records()));
        }
        finally
        {
            final Admin admin = source.cluster().admin();
            // The controller ends one reassignment before it does all of the next.
            while (!Source.await(() -> admin.listPartitionReassignments().reassignments().get()).isEmpty())
            {
                TimeUnit.MILLISECONDS.sleep(CLEAN_UP_POLL_MS);
            }
            reassign(List.of(Source.LEADER));
            while (Folders.segmentBytes(logDir, load.topic()) > 0)
            {
                TimeUnit.MILLISECONDS.sleep(CLEAN_UP_POLL_MS);
            }
        }
    }

    private void reassign(final List<Integer> replicas) throws IOException
    {
        final Map<TopicPartition, Optional<NewPartitionReassignment>> request = new HashMap<>();
        for (int i = 0; i < load.partitions(); i++)
        {
            request.put(new TopicPartition(load.topic(), i), Optional.of(new NewPartitionReassignment(replicas)));
        }
        final Admin admin = source.cluster().admin();
        Source.await(() -> admin.alterPartitionReassignments(request).all().get());
    }
}
