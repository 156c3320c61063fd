package io.umbra.jmh.rig;

import java.io.IOException;

/**
 * One way of copying a cluster's records, in a process of its own that starts with nothing in every round.
 */
interface Contender
{
    /** As it stands in the results. */
    String name();

    /**
     * Copies everything once and leaves nothing behind.
     *
     * @return what it took; null where the tool is not installed.
     * @throws IOException          if a file or a process fails.
     * @throws InterruptedException if interrupted.
     */
    Measurement run() throws IOException, InterruptedException;
}
