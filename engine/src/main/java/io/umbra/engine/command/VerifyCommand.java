package io.umbra.engine.command;

import io.umbra.engine.config.ConfigException;
import io.umbra.engine.config.ConfigKey;
import io.umbra.engine.config.StartOffset;
import io.umbra.engine.config.TopicFilter;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.source.LiveSource;
import io.umbra.engine.source.SourceSettings;
import io.umbra.engine.source.SourceUnavailableException;
import io.umbra.engine.status.StatusText;
import io.umbra.engine.verify.Verifier;
import io.umbra.engine.verify.VerifyProgress;
import io.umbra.engine.verify.VerifyReport;
import io.umbra.engine.verify.VerifySettings;
import io.umbra.journal.JournalDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;

/**
 * {@code umbra verify CONFIG}: whether the shadow is what the source is.
 */
@Command(
    name = "verify",
    exitCodeList = {
        "0:no difference in what both hold",
        "1:a difference, or something could not be compared",
        "2:usage, configuration or credentials; one line on stderr says what is wrong"},
    description = "Compares the shadow with the live source: offsets, sizes and CRC-32C of every batch that both " +
        "hold; what the source has compacted since, record by record. Exit code 1 on any difference.",
    footer = {
        "  umbra verify paris.properties",
        "  umbra verify paris.properties --deep --topics 'orders,payments\\..*'"},
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;
    @Option(names = "--topics", paramLabel = "REGEX",
        description = "Only topics whose whole name matches; comma-separated, all by default.")
    private String topics;
    @Option(names = "--deep",
        description = "Compare every byte; by default headers, and the CRC-32C of the shadow's bytes.")
    private boolean isDeep;
    @Option(names = "--json", description = "One JSON document.")
    private boolean isJson;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final Predicate<String> isWanted = topicFilter();
        final UmbraConfig config = configFile.load();
        try (LiveSource source = new LiveSource(sourceSettings(config), config.topics()))
        {
            checkCluster(config, source.clusterId());
            final VerifyReport report = Verifier.verify(
                new VerifySettings(
                    config.journalDir(),
                    isWanted,
                    isDeep,
                    StartOffset.Kind.EARLIEST == config.startOffset().kind()),
                source,
                progress());
            endProgress();
            final PrintWriter out = spec.commandLine().getOut();
            out.print(isJson ? report.json() : report.text());
            out.flush();

            return report.exitCode();
        }
        catch (final IOException ex)
        {
            endProgress();
            throw new CommandFailedException(exitCode(ex), "cannot verify: " + ex.getMessage(), ex);
        }
    }

    private static SourceSettings sourceSettings(final UmbraConfig config)
    {
        try
        {
            return new SourceSettings(config.source(), config.linkName());
        }
        catch (final ConfigException ex)
        {
            throw ex.in(config.file());
        }
        catch (final IllegalArgumentException ex)
        {
            throw new CommandFailedException(Umbra.USAGE, config.file() + ": source.*: " + ex.getMessage(), ex);
        }
    }

    /** A source that refuses the credentials is a matter of configuration; one that is down is not. */
    private static int exitCode(final IOException ex)
    {
        return ex.getCause() instanceof SourceUnavailableException.Authentication ? Umbra.USAGE : Umbra.ANSWER_IS_NO;
    }

    private Predicate<String> topicFilter()
    {
        if (null == topics)
        {
            return (topic) -> true;
        }
        try
        {
            return TopicFilter.of(topics, "")::matches;
        }
        catch (final PatternSyntaxException ex)
        {
            throw new ParameterException(spec.commandLine(), "option '--topics' has value '" + topics +
                "': allowed is comma-separated regular expressions, and '" + ex.getPattern() + "' is none: " +
                ex.getDescription());
        }
    }

    /** Against another cluster everything would differ, which says nothing. */
    private static void checkCluster(final UmbraConfig config, final String clusterId) throws IOException
    {
        final String expected = JournalDirectory.readClusterId(config.journalDir());
        if (null != expected && null != clusterId && !expected.equals(clusterId))
        {
            throw new ConfigException(
                ConfigKey.SOURCE_BOOTSTRAP_SERVERS.key(),
                config.bootstrapServers(),
                "an address of cluster " + expected + ", whose shadow is in " + config.journalDir() +
                    "; this one is cluster " + clusterId);
        }
    }

    private VerifyProgress progress()
    {
        if (!Terminal.isInteractive())
        {
            return VerifyProgress.NONE;
        }
        final PrintWriter err = spec.commandLine().getErr();

        return (partition, done, partitions, bytes) ->
        {
            err.print(Terminal.CLEAR_LINE + done + " of " + partitions + " partitions, " + StatusText.bytes(bytes) +
                ", now " + partition);
            err.flush();
        };
    }

    private void endProgress()
    {
        if (Terminal.isInteractive())
        {
            spec.commandLine().getErr().print(Terminal.CLEAR_LINE);
            spec.commandLine().getErr().flush();
        }
    }
}
