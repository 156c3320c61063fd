package io.umbra.engine.command;

import io.umbra.engine.config.Size;
import io.umbra.engine.control.LinkRules;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;
import java.util.regex.Pattern;

/**
 * {@code umbra limit CONFIG RATE}: changes the rate limit of a link or of topics while the engine runs.
 */
@Command(
    name = "limit",
    description = "Limits the rate of the link, or with --topics of those topics together, while the engine runs. " +
        "It outlives a restart of the engine.",
    footer = {
        "  umbra limit paris.properties 50MiB",
        "  umbra limit paris.properties 1MiB --topics 'clicks.*'",
        "  umbra limit paris.properties none"},
    mixinStandardHelpOptions = true)
final class LimitCommand implements Callable<Integer>
{
    private static final String NONE = "none";

    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;
    @Parameters(index = "1", paramLabel = "RATE",
        description = "Bytes per second such as 50MiB; none: for topics no limit, for the link what CONFIG says.")
    private String rate;
    @Mixin
    private TopicsOption topics;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final long bytes = parse();
        final Pattern pattern = topics.pattern();
        new LinkRuleChange(configFile.load()).add(
            null == pattern ? LinkRules.Kind.RATE : LinkRules.Kind.LIMIT, bytes, pattern);
        spec.commandLine().getOut().println(
            "limit of " + (null == pattern ? "the link" : "topics " + pattern) + ": " + rate);
        return Umbra.DONE;
    }

    private long parse()
    {
        if (NONE.equals(rate))
        {
            return 0;
        }
        try
        {
            final long bytes = Size.parse(rate);
            if (bytes > 0)
            {
                return bytes;
            }
        }
        catch (final IllegalArgumentException ex)
        {
            throw notAllowed(ex);
        }
        throw notAllowed(null);
    }

    private ParameterException notAllowed(final IllegalArgumentException cause)
    {
        return new ParameterException(spec.commandLine(),
            "RATE=" + rate + ": allowed is a number of bytes per second of 1 or more such as 50MiB, or none", cause);
    }
}
