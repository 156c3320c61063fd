package io.umbra.engine;

import io.umbra.engine.source.FetchAgent;
import io.umbra.journal.ledger.Ledger;

/**
 * One lane of the engine: a FetchAgent, an IPC stream and a JournalAgent, with the Flusher that waits for the
 * device.
 *
 * @param index        of the shard.
 * @param fetch        reads from the source.
 * @param journal      writes the logs.
 * @param flush        makes them durable.
 * @param bell         wakes the JournalAgent.
 * @param ledger       that the JournalAgent writes.
 * @param counters     of the JournalAgent.
 * @param appendDelays of what it journals.
 */
record Shard(
    int index,
    FetchAgent fetch,
    JournalAgent journal,
    Flusher flush,
    Doorbell bell,
    Ledger ledger,
    JournalAgent.Counters counters,
    AppendDelays appendDelays)
{
}
