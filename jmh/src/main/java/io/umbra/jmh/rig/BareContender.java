package io.umbra.jmh.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The limit: fetched and thrown away. */
record BareContender(Source source, Source.Load load, Path folder) implements Contender
{
    private static final long POLL_MS = 1;

    @Override
    public String name()
    {
        return "bare";
    }

    @Override
    public Measurement run() throws IOException
    {
        final Path countFile = Files.createTempFile(folder, "bare", ".count");
        final SharedCount count = new SharedCount(countFile);
        try (Child child = Child.java(folder.resolve("bare.log"), List.of("-Xmx256m", "-XX:MaxDirectMemorySize=64m"),
            BareFetch.class.getName(), source.bootstrapServers(), load.topic(), Long.toString(load.records()),
            countFile.toString()))
        {
            return new Span(load.records(), load.bytes(), POLL_MS).measure(child, count::get);
        }
    }
}
