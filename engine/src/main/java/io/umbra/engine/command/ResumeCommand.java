package io.umbra.engine.command;

import io.umbra.engine.control.LinkRules;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

/**
 * {@code umbra resume CONFIG}: goes on fetching what was paused, from where it had stopped.
 */
@Command(
    name = "resume",
    description = "Goes on fetching what was paused, from where it had stopped.",
    footer = {
        "  umbra resume paris.properties",
        "  umbra resume paris.properties --topics 'orders.*'"},
    mixinStandardHelpOptions = true)
final class ResumeCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;
    @Mixin
    private TopicsOption topics;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        final LinkRuleChange change = new LinkRuleChange(configFile.load());
        change.add(LinkRules.Kind.RESUME, 0, topics.pattern());
        spec.commandLine().getOut().println("resumed: " + change.await(
            topics.pattern(), (partition) -> !"PAUSED".equals(partition.state())));
        return Umbra.DONE;
    }
}
