package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventDecoder;
import io.umbra.codecs.ledger.GapDecoder;
import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.LinkHeadDecoder;
import io.umbra.codecs.ledger.LogStartDecoder;
import io.umbra.codecs.ledger.MetadataDecoder;
import io.umbra.codecs.ledger.MetadataHeadDecoder;
import io.umbra.codecs.ledger.MetadataRemovedDecoder;
import io.umbra.codecs.ledger.MetadataRoundDecoder;
import io.umbra.codecs.ledger.PartitionOpenedDecoder;
import io.umbra.codecs.ledger.PartitionStateDecoder;
import io.umbra.codecs.ledger.RecoveredDecoder;
import io.umbra.codecs.ledger.RpoSampleDecoder;
import io.umbra.codecs.ledger.TruncatedDecoder;

/**
 * Takes the entries of a ledger. Decoders are valid until the method returns. The index is Chronicle Queue's, with
 * which {@link LedgerReader#toIndex} comes back to the entry. The partition is the one that the entry's partition
 * index means; it is null only where the entry that names it was lost.
 */
public interface LedgerEntryHandler
{
    /**
     * The engine started or stopped.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onEngineEvent(final long index, final EngineEventDecoder entry)
    {
    }

    /**
     * A partition index was named: at a start, for a new partition, or again at the head of a file.
     *
     * @param index     of the entry.
     * @param partition that it names.
     * @param entry     decoder on it.
     */
    default void onPartitionOpened(
        final long index, final LedgerPartition partition, final PartitionOpenedDecoder entry)
    {
    }

    /**
     * Batches were appended to a partition's log.
     *
     * @param index     of the entry.
     * @param partition concerned.
     * @param entry     decoder on it.
     */
    default void onCommit(final long index, final LedgerPartition partition, final CommitDecoder entry)
    {
    }

    /**
     * At a start the log held batches that the ledger had no entry for.
     *
     * @param index     of the entry.
     * @param partition concerned.
     * @param entry     decoder on it.
     */
    default void onRecovered(final long index, final LedgerPartition partition, final RecoveredDecoder entry)
    {
    }

    /**
     * A partition's log is shorter than it was.
     *
     * @param index     of the entry.
     * @param partition concerned.
     * @param entry     decoder on it.
     */
    default void onTruncated(final long index, final LedgerPartition partition, final TruncatedDecoder entry)
    {
    }

    /**
     * A partition changed its state.
     *
     * @param index     of the entry.
     * @param partition concerned.
     * @param entry     decoder on it.
     */
    default void onPartitionState(final long index, final LedgerPartition partition, final PartitionStateDecoder entry)
    {
    }

    /**
     * A partition's log start offset moved up.
     *
     * @param index     of the entry.
     * @param partition concerned.
     * @param entry     decoder on it.
     */
    default void onLogStart(final long index, final LedgerPartition partition, final LogStartDecoder entry)
    {
    }

    /**
     * Offsets that the source had dropped before the shadow had them.
     *
     * @param index     of the entry.
     * @param partition concerned.
     * @param entry     decoder on it.
     */
    default void onGap(final long index, final LedgerPartition partition, final GapDecoder entry)
    {
    }

    /**
     * Something that the source has got a value.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onMetadata(final long index, final MetadataDecoder entry)
    {
    }

    /**
     * Something that the source had is gone.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onMetadataRemoved(final long index, final MetadataRemovedDecoder entry)
    {
    }

    /**
     * A look at the source's metadata ended.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onMetadataRound(final long index, final MetadataRoundDecoder entry)
    {
    }

    /**
     * All values of the metadata were repeated, at the head of a file.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onMetadataHead(final long index, final MetadataHeadDecoder entry)
    {
    }

    /**
     * How far the shadow was behind, over an interval.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onRpoSample(final long index, final RpoSampleDecoder entry)
    {
    }

    /**
     * Something happened to the link that an operator should know of.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onLinkEvent(final long index, final LinkEventDecoder entry)
    {
    }

    /**
     * A file of the ledger of the link begins.
     *
     * @param index of the entry.
     * @param entry decoder on it.
     */
    default void onLinkHead(final long index, final LinkHeadDecoder entry)
    {
    }

    /**
     * An entry of a kind that this version does not know.
     *
     * @param index      of the entry.
     * @param templateId of the kind.
     */
    default void onUnknown(final long index, final int templateId)
    {
    }
}
