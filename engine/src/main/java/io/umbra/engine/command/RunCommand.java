package io.umbra.engine.command;

import io.umbra.engine.UmbraEngine;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.journal.ledger.Ledger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * {@code umbra run CONFIG}: the engine in the foreground, until SIGTERM or SIGINT.
 */
@Command(
    name = "run",
    exitCodeList = {
        "0:stopped by SIGTERM or SIGINT, within 10 s; all that was journaled is durable",
        "1:it cannot go on; the last line on stderr says why",
        "2:usage, configuration, or a journal that is in use or promoted; one line on stderr says what is wrong"},
    description = "Runs the engine in the foreground. Prints 'ready' once every known partition is being fetched; " +
        "SIGTERM or SIGINT: stops fetching, flushes, closes.",
    footer = {
        "  umbra run /etc/umbra/paris.properties",
        "  UMBRA_OPTS=-Xmx512m umbra run /etc/umbra/paris.properties   with other options of the JVM"},
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer>
{
    private static final long POLL_MS = 50;
    private static final long ALIVE_CHECK_MS = 250;

    @Spec
    private CommandSpec spec;
    @Mixin
    private ConfigFile configFile;

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call() throws Exception
    {
        final UmbraConfig config = configFile.load();
        Ledger.load();
        try (ShutdownSignal signal = new ShutdownSignal();
            UmbraEngine engine = UmbraEngine.launch(config))
        {
            boolean isReady = false;
            while (!isReady && !signal.isReceived())
            {
                isReady = engine.awaitReady(POLL_MS, TimeUnit.MILLISECONDS);
            }
            if (isReady)
            {
                final PrintWriter out = spec.commandLine().getOut();
                out.println("ready");
                out.flush();
            }
            while (!signal.await(ALIVE_CHECK_MS))
            {
                engine.checkAlive();
            }
        }

        return Umbra.DONE;
    }
}
