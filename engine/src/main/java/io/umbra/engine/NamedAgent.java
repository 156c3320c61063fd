package io.umbra.engine;

import org.agrona.concurrent.Agent;

/**
 * An agent under a name of its own, for threads that run several.
 *
 * @param roleName name of the thread.
 * @param agent    that does the work.
 */
record NamedAgent(String roleName, Agent agent) implements Agent
{
    @Override
    public void onStart()
    {
        agent.onStart();
    }

    @Override
    public int doWork() throws Exception
    {
        return agent.doWork();
    }

    @Override
    public void onClose()
    {
        agent.onClose();
    }
}
