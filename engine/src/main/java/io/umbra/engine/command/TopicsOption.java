package io.umbra.engine.command;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The option by which an operator means some topics rather than all.
 */
final class TopicsOption
{
    @Spec(Target.MIXEE)
    private CommandSpec spec;
    @Option(names = "--topics", paramLabel = "REGEX",
        description = "Only topics whose whole name matches; all by default.")
    private String topics;

    /** Null if there is none. */
    Pattern pattern()
    {
        try
        {
            return null == topics ? null : Pattern.compile(topics);
        }
        catch (final PatternSyntaxException ex)
        {
            throw new ParameterException(
                spec.commandLine(), "--topics=" + topics + ": no regular expression: " + ex.getDescription(), ex);
        }
    }
}
