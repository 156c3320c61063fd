package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Writes the ledger of the source's metadata: what is new, what has changed, what is gone, and how each look at the
 * source ended.
 *
 * <p>One thread at a time may call; {@link #open} and {@link #close} may be called from another than the rest if they
 * do not overlap. An entry is in the ledger when the method returns: kill -9 loses none. Power loss loses none that
 * came before {@link #force}.
 *
 * <p><b>Files</b> are those of a {@link Ledger}. Each is complete in itself: it begins with all values and rounds, so
 * that the oldest can be deleted when all would take more space than they may.
 *
 * <p><b>Full disk.</b> Space is allocated before anything is written. When there is none, the methods throw
 * {@link LedgerException}, nothing is written, and they may be called again.
 */
public final class MetadataLedger implements AutoCloseable
{
    private final MetadataEntryEncoder encoder;
    private final LedgerFiles files;
    private final MetadataState state;
    private final List<LedgerFinding> findings;
    private final AllValues head = new AllValues();
    private boolean isHeadMissing;
    private boolean isClosed;

    private MetadataLedger(final LedgerContext ctx, final List<LedgerFinding> findings)
    {
        encoder = new MetadataEntryEncoder(ctx.nodeId());
        state = MetadataReader.latest(ctx.directory());
        isHeadMissing = !MetadataReader.isLastComplete(ctx.directory());
        files = LedgerFiles.open(ctx, encoder.bytes(), head, findings);
        this.findings = List.copyOf(findings);
    }

    /**
     * Opens or creates the ledger of the metadata, after it has repaired what a crash left behind. The caller holds the
     * lock of the journal directory.
     *
     * @param ctx what to open.
     * @return the ledger, with what it knew at its end.
     * @throws LedgerException if it cannot be opened; the message names the file and says what can be done.
     */
    public static MetadataLedger open(final LedgerContext ctx)
    {
        ctx.concludeForMetadata();
        return new MetadataLedger(ctx, LedgerRecovery.recover(ctx.directory()));
    }

    /**
     * What {@link #open} found wrong and what it did about it.
     *
     * @return findings, empty after a clean stop.
     */
    public List<LedgerFinding> findings()
    {
        return findings;
    }

    /**
     * What the ledger says now.
     *
     * @return the state, which follows what is written.
     */
    public MetadataState state()
    {
        return state;
    }

    /**
     * Something has a value. Writes nothing if it is the one it had.
     *
     * @param kind   of the thing.
     * @param key    of the thing.
     * @param value  that it has.
     * @param timeNs wall clock, nanoseconds since 1970.
     * @return whether the value is new.
     * @throws LedgerException          if it cannot be written, for want of space for one.
     * @throws IllegalArgumentException if key and value are longer than an entry may be.
     */
    public boolean put(final MetadataKind kind, final String key, final String value, final long timeNs)
    {
        final SortedMap<String, String> values = state.of(kind);
        if (value.equals(values.get(key)))
        {
            return false;
        }
        final byte[] keyBytes = utf8(key);
        final byte[] valueBytes = utf8(value);
        prepare(kind, key, keyBytes.length + valueBytes.length);
        files.append(encoder.metadata(state.advance(timeNs), kind, keyBytes, valueBytes));
        values.put(key, value);
        return true;
    }

    /**
     * Something is gone. Writes nothing if it was not there.
     *
     * @param kind   of the thing.
     * @param key    of the thing.
     * @param timeNs wall clock, nanoseconds since 1970.
     * @return whether it was there.
     * @throws LedgerException if it cannot be written, for want of space for one.
     */
    public boolean remove(final MetadataKind kind, final String key, final long timeNs)
    {
        if (!state.of(kind).containsKey(key))
        {
            return false;
        }
        final byte[] keyBytes = utf8(key);
        prepare(kind, key, keyBytes.length);
        files.append(encoder.removed(state.advance(timeNs), kind, keyBytes));
        state.of(kind).remove(key);
        return true;
    }

    /**
     * A look at the source has ended.
     *
     * @param task   whose look it was.
     * @param round  how it ended.
     * @param timeNs wall clock, nanoseconds since 1970.
     * @throws LedgerException if it cannot be written, for want of space for one.
     */
    public void round(final MetadataTaskType task, final MetadataState.Round round, final long timeNs)
    {
        final byte[] message = utf8(round.message());
        prepare(task, "round", message.length);
        files.append(encoder.round(state.advance(timeNs), task, round, message));
        state.rounds().put(task, round);
    }

    /**
     * Makes everything durable.
     *
     * @throws LedgerException if the device reports an error.
     */
    public void force()
    {
        files.force();
    }

    /**
     * Makes everything durable and closes the files.
     *
     * @throws LedgerException if the device reports an error.
     */
    @Override
    public void close()
    {
        if (!isClosed)
        {
            isClosed = true;
            files.close();
        }
    }

    /**
     * Comes before the encoder is filled, since a new file begins with entries of its own.
     */
    private void prepare(final Enum<?> kind, final String key, final int textLength)
    {
        final int length = MetadataEntryEncoder.FIXED_LENGTH + textLength;
        if (length > MetadataEntryEncoder.MAX_ENTRY_LENGTH)
        {
            throw new IllegalArgumentException(kind + " " + key.substring(0, Math.min(key.length(), 300)) + " has " +
                textLength + " bytes, more than an entry of the ledger takes (" +
                MetadataEntryEncoder.MAX_ENTRY_LENGTH + ')');
        }
        try
        {
            files.ensureRoom(length);
            if (isHeadMissing)
            {
                // A crash came while the file's head was being written.
                final long headLength = head.maxLength();
                files.ensureRoom((int) (headLength + LedgerFiles.indexLength(headLength) + length));
                head.write(state.timeNs());
            }
        }
        catch (final IOException ex)
        {
            throw new LedgerException(files.directory(), "there is no room for an entry: " + ex.getMessage(), ex);
        }
    }

    private static byte[] utf8(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Repeats all values and rounds, at the head of every file.
     */
    private final class AllValues implements LedgerFiles.Head
    {
        @Override
        public long maxLength()
        {
            long length = MetadataEntryEncoder.FIXED_LENGTH;
            for (final MetadataKind kind : MetadataKind.values())
            {
                for (final Map.Entry<String, String> value : state.values(kind).entrySet())
                {
                    length += length(value.getKey(), value.getValue());
                }
            }
            for (final MetadataState.Round round : state.rounds().values())
            {
                length += length(round.message(), "");
            }
            return length;
        }

        @Override
        public void write(final long timeNs)
        {
            isHeadMissing = true;
            final long headNs = state.advance(timeNs);
            int count = 0;
            for (final MetadataKind kind : MetadataKind.values())
            {
                for (final Map.Entry<String, String> value : state.values(kind).entrySet())
                {
                    files.append(encoder.metadata(headNs, kind, utf8(value.getKey()), utf8(value.getValue())));
                    count++;
                }
            }
            state.rounds().forEach((task, round) ->
                files.append(encoder.round(headNs, task, round, utf8(round.message()))));
            files.append(encoder.head(headNs, count));
            isHeadMissing = false;
        }

        private static long length(final String one, final String other)
        {
            return MetadataEntryEncoder.FIXED_LENGTH + utf8(one).length + utf8(other).length;
        }
    }
}
