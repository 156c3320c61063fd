package io.umbra.engine;

import io.umbra.engine.config.Idle;
import io.umbra.engine.config.Threading;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.CompositeAgent;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Agents onto threads: {@code dedicated} gives each data agent its own, {@code paired} each shard one, {@code single}
 * all data agents the same. A thread has the name of its agent's role.
 */
final class AgentScheduler implements AutoCloseable
{
    private static final long MAX_PARK_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long DEDICATED_WAIT_MS = 5;
    private static final long PAIRED_WAIT_MS = 1;
    private static final int BACKGROUND_SLEEP_MS = 10;
    /** After which a thread that waits for the network is interrupted. */
    private static final int BACKGROUND_CLOSE_TIMEOUT_MS = 1_000;

    private final Threading threading;
    private final Idle idle;
    private final ErrorHandler errorHandler;
    private final List<Running> runners = new ArrayList<>();

    AgentScheduler(final Threading threading, final Idle idle, final ErrorHandler errorHandler)
    {
        this.threading = threading;
        this.idle = idle;
        this.errorHandler = errorHandler;
    }

    /**
     * How long a FetchAgent may wait for the network, rather than come back and look again.
     *
     * @param threading that is configured.
     * @param idle      that is configured.
     * @return milliseconds: some when its thread is its own, less when the JournalAgent behind it waits too, none when
     *         others do.
     */
    static long maxWaitMs(final Threading threading, final Idle idle)
    {
        if (Idle.BACKOFF != idle || Threading.SINGLE == threading)
        {
            return 0;
        }
        return Threading.PAIRED == threading ? PAIRED_WAIT_MS : DEDICATED_WAIT_MS;
    }

    /**
     * Start the data agents.
     *
     * @param shards whose fetch and journal agents are started.
     */
    void startData(final List<Shard> shards)
    {
        switch (threading)
        {
            case SINGLE:
                final List<Agent> all = new ArrayList<>();
                // Fetch agents first: they close first, and the journal agents then drain what is in the streams.
                shards.forEach((shard) -> all.add(shard.fetch()));
                shards.forEach((shard) -> all.add(shard.journal()));
                start(new NamedAgent("umbra-data", new CompositeAgent(all)), dataIdleStrategy());
                break;

            case PAIRED:
                for (final Shard shard : shards)
                {
                    start(new NamedAgent("umbra-shard-" + shard.index(),
                        new CompositeAgent(shard.fetch(), shard.journal())), dataIdleStrategy());
                }
                break;

            default:
                // Runners close in reverse: fetch before journal.
                shards.forEach((shard) -> start(
                    shard.journal(), Idle.BACKOFF == idle ? shard.bell() : dataIdleStrategy()));
                shards.forEach((shard) -> start(shard.fetch(), dataIdleStrategy()));
                break;
        }
    }

    /**
     * Start an agent that waits for the network or for requests, beside the data path.
     *
     * @param agent to start.
     */
    void startBeside(final Agent agent)
    {
        start(agent, new BackoffIdleStrategy(1, 1, TimeUnit.MICROSECONDS.toNanos(1), MAX_PARK_NS));
    }

    /**
     * Start an agent that has time.
     *
     * @param agent to start.
     */
    void startBackground(final Agent agent)
    {
        start(agent, new SleepingMillisIdleStrategy(BACKGROUND_SLEEP_MS), BACKGROUND_CLOSE_TIMEOUT_MS);
    }

    /**
     * Start an agent that has time, waits for the network, and writes files: who stops it ends its waiting first.
     *
     * @param agent to start.
     */
    void startBackgroundWriter(final Agent agent)
    {
        start(agent, new SleepingMillisIdleStrategy(BACKGROUND_SLEEP_MS));
    }

    private void start(final Agent agent, final IdleStrategy idleStrategy)
    {
        // An interrupt would close the file that the thread is writing: wait for as long as it takes.
        start(agent, idleStrategy, 0);
    }

    private void start(final Agent agent, final IdleStrategy idleStrategy, final int closeTimeoutMs)
    {
        final AgentRunner runner = new AgentRunner(idleStrategy, errorHandler, null, agent);
        runners.add(new Running(runner, closeTimeoutMs));
        AgentRunner.startOnThread(runner);
    }

    private IdleStrategy dataIdleStrategy()
    {
        switch (idle)
        {
            case SPIN:
                return new BusySpinIdleStrategy();
            case YIELD:
                return new YieldingIdleStrategy();
            default:
                return new BackoffIdleStrategy(1, 1, TimeUnit.MICROSECONDS.toNanos(1), MAX_PARK_NS);
        }
    }

    /** Ends the agents, last started first; returns when each has run its onClose. */
    @Override
    public void close()
    {
        Collections.reverse(runners);
        for (final Running running : runners)
        {
            running.runner.close(running.closeTimeoutMs, (thread) -> {});
        }
        runners.clear();
    }

    private record Running(AgentRunner runner, int closeTimeoutMs)
    {
    }
}
