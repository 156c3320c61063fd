package io.umbra.engine;

import io.umbra.engine.status.TableHeader;
import org.agrona.concurrent.Agent;

/**
 * What must go on beside everything else: the heartbeat, the checkpoints, and writing the events to the log. On a
 * thread of its own, where it may block.
 */
final class Housekeeper implements Agent
{
    private static final long HEARTBEAT_INTERVAL_MS = 1_000;

    private final TableHeader header;
    private final Checkpoints checkpoints;
    private final EventLog events;
    private final long checkpointIntervalMs;
    private final Runnable livenessCheck;
    private long nextHeartbeatMs;
    private long nextCheckpointMs;

    Housekeeper(
        final TableHeader header,
        final Checkpoints checkpoints,
        final EventLog events,
        final long checkpointIntervalMs,
        final Runnable livenessCheck)
    {
        this.header = header;
        this.checkpoints = checkpoints;
        this.events = events;
        this.checkpointIntervalMs = checkpointIntervalMs;
        this.livenessCheck = livenessCheck;
        nextCheckpointMs = System.currentTimeMillis() + checkpointIntervalMs;
    }

    @Override
    public int doWork()
    {
        final long nowMs = System.currentTimeMillis();
        int workCount = events.drain();
        if (nowMs >= nextHeartbeatMs)
        {
            nextHeartbeatMs = nowMs + HEARTBEAT_INTERVAL_MS;
            header.heartbeatMs(nowMs);
            livenessCheck.run();
            workCount++;
        }
        if (nowMs >= nextCheckpointMs)
        {
            nextCheckpointMs = nowMs + checkpointIntervalMs;
            checkpoints.write();
            workCount++;
        }
        return workCount;
    }

    @Override
    public String roleName()
    {
        return "umbra-housekeeper";
    }
}
