package io.umbra.engine.demo;

/**
 * What can be chosen about a demo.
 *
 * @param brokers       of the source cluster, 1 or more.
 * @param seconds       for which the live workload runs.
 * @param isKeepingFiles whether the folder stays.
 */
public record DemoOptions(int brokers, int seconds, boolean isKeepingFiles)
{
}
