package io.umbra.jmh.rig;

import picocli.CommandLine.Command;

import java.util.concurrent.Callable;

@Command(name = "latency")
final class LatencyCommand implements Callable<Integer>
{
    @Override
    public Integer call()
    {
        return 0;
    }
}
