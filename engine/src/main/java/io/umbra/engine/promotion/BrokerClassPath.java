package io.umbra.engine.promotion;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where brokers of the release that Umbra brings along find their classes: in a distribution they have a folder beside
 * the engine's own jars, so that the engine never loads any of them.
 */
public final class BrokerClassPath
{
    private static final String FOLDER = "broker";

    private BrokerClassPath()
    {
    }

    /**
     * The class path.
     *
     * @return it, or null for this process's own.
     */
    public static String get()
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
