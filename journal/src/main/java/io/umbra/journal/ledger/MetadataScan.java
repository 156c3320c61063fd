package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MetadataDecoder;
import io.umbra.codecs.ledger.MetadataHeadDecoder;
import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataRemovedDecoder;
import io.umbra.codecs.ledger.MetadataRoundDecoder;
import io.umbra.codecs.ledger.MetadataTaskType;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * What one file of the metadata's ledger says up to a time: in a file the later entry counts.
 */
final class MetadataScan implements LedgerEntryHandler
{
    private final long asOfNs;
    private final Map<MetadataKind, Map<String, String>> changes = new EnumMap<>(MetadataKind.class);
    private final Map<MetadataTaskType, MetadataState.Round> rounds = new EnumMap<>(MetadataTaskType.class);
    private long headNs = -1;
    private long lastNs;
    private boolean isPast;

    private MetadataScan(final long asOfNs)
    {
        this.asOfNs = asOfNs;
    }

    /**
     * Reads a file, which may be being written.
     *
     * @param file   to read.
     * @param asOfNs entries after it are passed over.
     * @return what it says.
     * @throws IOException     if it cannot be read.
     * @throws LedgerException if it is damaged.
     */
    static MetadataScan of(final Path file, final long asOfNs) throws IOException
    {
        final MetadataScan scan = new MetadataScan(asOfNs);
        final EntryDispatcher dispatcher = new EntryDispatcher();
        final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
        final CycleFile.Scan structure = CycleFile.scan(file, (entry, offset, length) ->
        {
            buffer.wrap(entry);
            if (!scan.isPast && dispatcher.isEntry(buffer, offset, length))
            {
                dispatcher.dispatch(buffer, offset, 0, scan);
            }
        });
        LedgerReader.checkWhole(file, structure);
        return scan;
    }

    /**
     * Whether the file names all values, so that none before it is needed.
     *
     * @return true if it does so at the time or earlier.
     */
    boolean isComplete()
    {
        return headNs >= 0;
    }

    /**
     * Since when the file has all values.
     *
     * @return nanoseconds since 1970, -1 if it has not.
     */
    long headNs()
    {
        return headNs;
    }

    /**
     * Adds what no later file has said.
     *
     * @param changesSoFar value by key, null for what was removed; of this file and later ones.
     * @param state        that is being put together.
     */
    void addTo(final Map<MetadataKind, Map<String, String>> changesSoFar, final MetadataState state)
    {
        changes.forEach((kind, ofKind) ->
        {
            final Map<String, String> known = changesSoFar.computeIfAbsent(kind, (ignore) -> new HashMap<>());
            ofKind.forEach((key, value) ->
            {
                if (!known.containsKey(key))
                {
                    known.put(key, value);
                }
            });
        });
        rounds.forEach(state.rounds()::putIfAbsent);
        state.advance(lastNs);
    }

    @Override
    public void onMetadata(final long index, final MetadataDecoder entry)
    {
        if (isDue(entry.timeNs()))
        {
            final Map<String, String> ofKind = of(entry.kind());
            final String key = entry.key();
            ofKind.put(key, entry.value());
        }
    }

    @Override
    public void onMetadataRemoved(final long index, final MetadataRemovedDecoder entry)
    {
        if (isDue(entry.timeNs()))
        {
            of(entry.kind()).put(entry.key(), null);
        }
    }

    @Override
    public void onMetadataRound(final long index, final MetadataRoundDecoder entry)
    {
        if (isDue(entry.timeNs()))
        {
            rounds.put(
                entry.task(), new MetadataState.Round(entry.state(), entry.completeNs(), entry.message()));
        }
    }

    @Override
    public void onMetadataHead(final long index, final MetadataHeadDecoder entry)
    {
        if (isDue(entry.timeNs()) && headNs < 0)
        {
            headNs = entry.timeNs();
        }
    }

    private boolean isDue(final long timeNs)
    {
        isPast = timeNs > asOfNs;
        if (!isPast)
        {
            lastNs = timeNs;
        }
        return !isPast;
    }

    private Map<String, String> of(final MetadataKind kind)
    {
        return changes.computeIfAbsent(kind, (ignore) -> new HashMap<>());
    }
}
