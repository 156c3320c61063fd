package io.umbra.engine;

import io.umbra.engine.config.EventsLog;
import io.umbra.engine.config.UmbraConfig;
import io.umbra.engine.events.EventLines;
import io.umbra.engine.metrics.EngineMetrics;
import io.umbra.engine.metrics.MetricsServer;
import io.umbra.engine.metrics.ShardCounter;
import io.umbra.engine.status.StatusReader;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LinkLedger;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;

/**
 * Opens what an engine shows itself by, as the configuration says: events, the ledger of the link, metrics.
 */
final class Observation
{
    /** About three weeks of a sample every two seconds. */
    private static final long MAX_LINK_LEDGER_BYTES = 256L << 20;

    private final UmbraConfig config;
    private final EventLog events;

    Observation(final UmbraConfig config, final EventLog events)
    {
        this.config = config;
        this.events = events;
    }

    /** Has events written as {@code events.log} says. */
    void openEvents()
    {
        final EventsLog log = config.eventsLog();
        try
        {
            if (null != log.file())
            {
                events.writeLines(EventLines.to(config.linkName(), log.file()), true);
            }
            else if (EventsLog.Form.JSON == log.form())
            {
                events.writeLines(EventLines.to(config.linkName(), System.err), false);
            }
        }
        catch (final IOException ex)
        {
            throw new EngineStartException("events.log=json:" + log.file() + ": cannot be written: " + ex, ex);
        }
    }

    /**
     * Opens the ledger of the link.
     *
     * @param ctx of the journal's ledgers.
     * @return the ledger, the caller's to close.
     */
    LinkLedger openLedger(final LedgerContext ctx)
    {
        final LinkLedger ledger =
            LinkLedger.open(ctx.maxBytes(Math.min(MAX_LINK_LEDGER_BYTES, config.ledgerMaxBytes())));
        ledger.findings().forEach((finding) -> events.warn("ledger: " + finding));
        return ledger;
    }

    /**
     * Answers on {@code metrics.listen}.
     *
     * @param counters of the shards.
     * @return the server, the caller's to close before what it reads.
     */
    MetricsServer launchMetrics(final Supplier<List<ShardCounter>> counters)
    {
        final InetSocketAddress address = config.metricsListen().orElseThrow();
        final StatusReader reader = new StatusReader(config.journalDir(), config.linkName());
        try
        {
            final MetricsServer server = MetricsServer.launch(address, new EngineMetrics(new EngineMetrics.Source(
                config.linkName(),
                () -> reader.read(System.currentTimeMillis()).report(),
                counters,
                events.counts(),
                config.journalDir().toFile()::getUsableSpace)));
            events.info("metrics at " + server.url());
            return server;
        }
        catch (final IOException ex)
        {
            throw new EngineStartException(
                "metrics.listen=" + address.getHostString() + ':' + address.getPort() + ": " + ex.getMessage(), ex);
        }
    }
}
