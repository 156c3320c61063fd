package io.umbra.engine.command;

import io.umbra.engine.control.LinkRules;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.util.Set;
import java.util.concurrent.Callable;

/**
 * {@code umbra pause CONFIG}: stops fetching; positions are kept, also over a restart.
 */
@Command(
    name = "pause",
    description = "Stops fetching, of all topics or some. Positions are kept; it outlives a restart of the engine.",
    footer = {
        "  umbra pause paris.properties",
        "  umbra pause paris.properties --topics 'orders.*'"},
    mixinStandardHelpOptions = true)
final class PauseCommand implements Callable<Integer>
{
    /** States in which nothing is fetched, one for reasons of its own. */
    private static final Set<String> NOT_FETCHED = Set.of("PAUSED", "SOURCE_DELETED", "FAULTED");

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
        change.add(LinkRules.Kind.PAUSE, 0, topics.pattern());
        spec.commandLine().getOut().println("paused: " + change.await(
            topics.pattern(), (partition) -> NOT_FETCHED.contains(partition.state())));
        return Umbra.DONE;
    }
}
