package io.umbra.engine.command;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.source.SourceSettings;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;

/**
 * The parameter that most commands have in common.
 */
final class ConfigFile
{
    @Parameters(index = "0", paramLabel = "CONFIG", description = "The link's configuration, a Java properties file.")
    private Path file;

    UmbraConfig load()
    {
        return UmbraConfig.load(file, SourceSettings.knownNames());
    }
}
