package io.umbra.jmh.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the device takes when it is written as the journal writes. */
record DeviceContender(Source.Load load, Path folder) implements Contender
{
    private static final int MAX_FILES = 1000;

    @Override
    public String name()
    {
        return "device";
    }

    @Override
    public Measurement run() throws IOException
    {
        final Path files = Files.createDirectories(folder.resolve("device"));
        final Path countFile = Files.createTempFile(folder, "device", ".count");
        final SharedCount count = new SharedCount(countFile);
        try (Child child = Child.java(folder.resolve("device.log"), List.of("-Xmx64m"), DeviceWrite.class.getName(),
            files.toString(), Integer.toString(Math.min(MAX_FILES, load.partitions())),
            Long.toString(Math.max(1, load.bytes() >> 20)), Long.toString(load.records()), countFile.toString()))
        {
            return load.span(1).measure(child, count::get);
        }
        finally
        {
            Folders.delete(files);
        }
    }
}
