package io.umbra.engine.command;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.journal.Incident;
import io.umbra.journal.Incidents;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

/**
 * {@code umbra acknowledge CONFIG}: the operator has taken note of what happened at the source.
 */
@Command(
    name = "acknowledge",
    description = "Takes note of incidents (gaps, divergences, topics deleted or created anew, damage): umbra status " +
        "shows them no longer. They stay in the ledger and under incidents/acknowledged/.",
    footer = {
        "  umbra acknowledge paris.properties --topics orders"},
    mixinStandardHelpOptions = true)
final class AcknowledgeCommand implements Callable<Integer>
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
        final Pattern pattern = topics.pattern();
        final UmbraConfig config = configFile.load();
        try
        {
            final List<Incident> acknowledged = new Incidents(config.journalDir()).acknowledge(
                (incident) -> null == pattern || pattern.matcher(incident.topic()).matches());
            final PrintWriter out = spec.commandLine().getOut();
            acknowledged.forEach((incident) -> out.println(
                incident.kind() + " " + incident.topic() +
                (incident.partition() < 0 ? "" : "-" + incident.partition()) + ": " + incident.text()));
            out.println(acknowledged.size() + " acknowledged");
            return Umbra.DONE;
        }
        catch (final IOException ex)
        {
            throw new CommandFailedException(
                Umbra.ANSWER_IS_NO, "the incidents cannot be acknowledged: " + ex.getMessage(), ex);
        }
    }
}
