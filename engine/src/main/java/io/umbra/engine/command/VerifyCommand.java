package io.umbra.engine.command;

import io.umbra.engine.config.StartOffset;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.source.LiveSource;
import io.umbra.engine.source.SourceSettings;
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
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * {@code umbra verify CONFIG}: compares the shadow with its live source.
 */
@Command(
    name = "verify",
    description = "Compares shadow and live source; exit code 1 on any difference.",
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer>
{
    private static final long MIB = 1 << 20;

    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;
    @Option(names = "--topics", paramLabel = "REGEX", description = "Only topics whose whole name matches.")
    private String topics = ".*";
    @Option(names = "--deep", description = "Every byte, rather than offsets, sizes and the CRC of every batch.")
    private boolean isDeep;
    @Option(names = "--json", description = "One JSON document.")
    private boolean isJson;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final Pattern pattern = pattern();
        final UmbraConfig config = configFile.load();
        final PrintWriter out = spec.commandLine().getOut();
        try (LiveSource source = new LiveSource(settings(config), config.topics()))
        {
            checkCluster(config, source);
            final VerifySettings what = new VerifySettings(
                config.journalDir(),
                (topic) -> pattern.matcher(topic).matches(),
                isDeep,
                StartOffset.Kind.EARLIEST == config.startOffset().kind());
            final VerifyReport report = Verifier.verify(what, source, progress());
            if (Terminal.isInteractive())
            {
                System.err.print("\r\033[K");
            }
            out.print(isJson ? report.json() : report.text());
            out.flush();
            return report.exitCode();
        }
        catch (final IOException ex)
        {
            throw new CommandFailedException("cannot verify: " + ex.getMessage(), ex);
        }
    }

    private Pattern pattern()
    {
        try
        {
            return Pattern.compile(topics);
        }
        catch (final PatternSyntaxException ex)
        {
            throw new ParameterException(spec.commandLine(),
                "option '--topics' has value '" + topics + "': allowed is a regular expression: " +
                ex.getDescription(), ex);
        }
    }

    private SourceSettings settings(final UmbraConfig config)
    {
        try
        {
            return new SourceSettings(config.source(), config.linkName());
        }
        catch (final IllegalArgumentException ex)
        {
            throw new ParameterException(spec.commandLine(), "source.*: " + ex.getMessage(), ex);
        }
    }

    /** Comparing with another cluster than the journal's would find differences that are none. */
    private static void checkCluster(final UmbraConfig config, final LiveSource source) throws IOException
    {
        final String journaled = JournalDirectory.readClusterId(config.journalDir());
        final String answering = source.clusterId();
        if (null == journaled)
        {
            throw new IOException("there is no shadow yet in journal.dir=" + config.journalDir());
        }
        if (null != answering && !journaled.equals(answering))
        {
            throw new IOException("the source is cluster " + answering + ", the journal in " + config.journalDir() +
                " belongs to cluster " + journaled);
        }
    }

    private static VerifyProgress progress()
    {
        if (!Terminal.isInteractive())
        {
            return VerifyProgress.NONE;
        }
        return (partition, done, partitions, bytes) ->
        {
            System.err.print("\r\033[K" + done + "/" + partitions + " partitions, " + bytes / MIB + " MiB  " +
                partition);
            System.err.flush();
        };
    }
}
