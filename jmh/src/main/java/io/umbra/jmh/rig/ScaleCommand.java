package io.umbra.jmh.rig;

import picocli.CommandLine.Command;

import java.util.concurrent.Callable;

@Command(name = "scale")
final class ScaleCommand implements Callable<Integer>
{
    @Override
    public Integer call()
    {
        return 0;
    }
}
