package io.umbra.engine.demo;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the demo's brokers find their classes: in a distribution they have a folder beside the engine's own jars, so
 * that the engine never loads any of them.
 */
final class BrokerClassPath
{
    private static final String FOLDER = "broker";

    private BrokerClassPath()
    {
    }

    /** The class path, or null for this process's own. */
    static String get()
    {
        try
        {
            final Path own = Path.of(BrokerClassPath.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            final Path folder = own.resolveSibling(FOLDER);

            return Files.isDirectory(folder) ?
                folder.resolve("*") + File.pathSeparator + System.getProperty("java.class.path") : null;
        }
        catch (final URISyntaxException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
