package io.umbra.jmh.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The limits: fetched and thrown away, or fetched and written as it comes.
 *
 * @param source    that is copied.
 * @param load      to copy.
 * @param folder    for files that go at the end.
 * @param isWritten whether it is written.
 */
record BareContender(Source source, Source.Load load, Path folder, boolean isWritten) implements Contender
{
    private static final long POLL_MS = 1;

    @Override
    public String name()
    {
        return isWritten ? "copy" : "bare";
    }

    @Override
    public Measurement run() throws IOException
    {
        final Path home = Files.createTempDirectory(folder, name());
        final Path countFile = home.resolve("count");
        final SharedCount count = new SharedCount(countFile);
        try (Child child = Child.java(home.resolve("log"), List.of("-Xmx256m", "-XX:MaxDirectMemorySize=64m"),
            (isWritten ? BareCopy.class : BareFetch.class).getName(), source.bootstrapServers(), load.topic(),
            Long.toString(load.records()), countFile.toString(), home.resolve("copy").toString()))
        {
            return load.span(POLL_MS).measure(child, count::get);
        }
        finally
        {
            Folders.delete(home);
        }
    }
}
