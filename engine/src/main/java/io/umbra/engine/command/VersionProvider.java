package io.umbra.engine.command;

import picocli.CommandLine.IVersionProvider;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/**
 * What {@code umbra --version} says: filled in by the build.
 */
final class VersionProvider implements IVersionProvider
{
    private static final String RESOURCE = "/umbra-version.properties";

    /**
     * {@inheritDoc}
     */
    @Override
    public String[] getVersion() throws IOException
    {
        final Properties versions = new Properties();
        try (InputStream stream = VersionProvider.class.getResourceAsStream(RESOURCE))
        {
            versions.load(stream);
        }

        return new String[]{
            "umbra " + versions.getProperty("umbra"),
            "kafka-clients " + versions.getProperty("kafka") + ", aeron " + versions.getProperty("aeron") +
                ", chronicle-queue " + versions.getProperty("chronicle-queue"),
            "java " + System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")"};
    }
}
