package io.umbra.engine.command;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.ledger.LedgerPrinter;
import io.umbra.journal.ledger.LedgerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/**
 * {@code umbra ledger CONFIG}: what was journaled, in the order in which it arrived; or what became known of the
 * source's metadata.
 */
@Command(
    name = "ledger",
    description = "Reads the ledger, also while the engine runs.",
    footer = {
        "  umbra ledger paris.properties --tail 20",
        "  umbra ledger paris.properties --metadata --json"},
    mixinStandardHelpOptions = true)
final class LedgerCommand implements Callable<Integer>
{
    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;
    @Option(names = "--tail", paramLabel = "N", description = "Only the last N entries; all of them by default.")
    private Long tail;
    @Option(names = "--metadata", description =
        "What was known of the source besides its records: topics, groups and their offsets, access rules, quotas.")
    private boolean isMetadata;
    @Option(names = "--link", description = "How the link was: RPO samples, changes of state, incidents.")
    private boolean isLink;
    @Option(names = "--json", description = "One JSON document.")
    private boolean isJson;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call()
    {
        if (null != tail && tail < 0)
        {
            throw new ParameterException(
                spec.commandLine(), "option '--tail' has value '" + tail + "': allowed is a number from 0 up");
        }
        if (isLink && isMetadata)
        {
            throw new ParameterException(
                spec.commandLine(), "options '--link' and '--metadata' exclude each other: allowed is one of them");
        }
        final UmbraConfig config = configFile.load();
        final Path directory = config.journalDir().resolve("ledger");
        final LedgerPrinter printer = isMetadata ? LedgerPrinter.ofMetadata(directory) :
            isLink ? LedgerPrinter.ofLink(directory) : new LedgerPrinter(directory);
        final long count = null == tail ? Long.MAX_VALUE : tail;
        try
        {
            if (isJson)
            {
                printer.json(count, System.out);
            }
            else
            {
                printer.text(count, System.out);
            }
        }
        catch (final IOException | LedgerException ex)
        {
            throw new CommandFailedException(Umbra.ANSWER_IS_NO, "the ledger cannot be read: " + ex.getMessage(), ex);
        }

        return Umbra.DONE;
    }
}
