package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.CommitDecoder;
import io.umbra.codecs.ledger.EngineEventDecoder;
import io.umbra.codecs.ledger.EngineEventType;
import io.umbra.codecs.ledger.GapDecoder;
import io.umbra.codecs.ledger.LinkEventDecoder;
import io.umbra.codecs.ledger.LinkHeadDecoder;
import io.umbra.codecs.ledger.LogStartDecoder;
import io.umbra.codecs.ledger.MessageHeaderDecoder;
import io.umbra.codecs.ledger.MetadataDecoder;
import io.umbra.codecs.ledger.MetadataHeadDecoder;
import io.umbra.codecs.ledger.MetadataRemovedDecoder;
import io.umbra.codecs.ledger.MetadataRoundDecoder;
import io.umbra.codecs.ledger.PartitionOpenedDecoder;
import io.umbra.codecs.ledger.PartitionStateDecoder;
import io.umbra.codecs.ledger.RecoveredDecoder;
import io.umbra.codecs.ledger.RpoSampleDecoder;
import io.umbra.codecs.ledger.TruncatedDecoder;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;

import java.util.UUID;

/**
 * Decodes entries, and remembers which partition each index means.
 */
final class EntryDispatcher
{
    private final Int2ObjectHashMap<LedgerPartition> partitions = new Int2ObjectHashMap<>();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final EngineEventDecoder engineEvent = new EngineEventDecoder();
    private final PartitionOpenedDecoder partitionOpened = new PartitionOpenedDecoder();
    private final CommitDecoder commit = new CommitDecoder();
    private final RecoveredDecoder recovered = new RecoveredDecoder();
    private final TruncatedDecoder truncated = new TruncatedDecoder();
    private final PartitionStateDecoder partitionState = new PartitionStateDecoder();
    private final LogStartDecoder logStart = new LogStartDecoder();
    private final GapDecoder gap = new GapDecoder();
    private final MetadataDecoder metadata = new MetadataDecoder();
    private final MetadataRemovedDecoder metadataRemoved = new MetadataRemovedDecoder();
    private final MetadataRoundDecoder metadataRound = new MetadataRoundDecoder();
    private final MetadataHeadDecoder metadataHead = new MetadataHeadDecoder();
    private final RpoSampleDecoder rpoSample = new RpoSampleDecoder();
    private final LinkEventDecoder linkEvent = new LinkEventDecoder();
    private final LinkHeadDecoder linkHead = new LinkHeadDecoder();

    /**
     * Whether bytes can be an entry.
     *
     * @param buffer that holds them.
     * @param offset of the first.
     * @param length of them.
     * @return whether they begin with a header of the ledger's schema.
     */
    boolean isEntry(final DirectBuffer buffer, final int offset, final int length)
    {
        return length >= MessageHeaderDecoder.ENCODED_LENGTH &&
            header.wrap(buffer, offset).schemaId() == MessageHeaderDecoder.SCHEMA_ID &&
            length <= MetadataEntryEncoder.maxLength(header.templateId()) &&
            MessageHeaderDecoder.ENCODED_LENGTH + header.blockLength() <= length;
    }

    /**
     * Hands an entry on.
     *
     * @param buffer  that holds it; {@link #isEntry} was true.
     * @param offset  of its first byte.
     * @param index   of it.
     * @param handler that takes it.
     */
    void dispatch(final DirectBuffer buffer, final int offset, final long index, final LedgerEntryHandler handler)
    {
        header.wrap(buffer, offset);
        switch (header.templateId())
        {
            case EngineEventDecoder.TEMPLATE_ID:
                engineEvent.wrapAndApplyHeader(buffer, offset, header);
                if (engineEvent.eventType() == EngineEventType.STARTED)
                {
                    partitions.clear();
                }
                handler.onEngineEvent(index, engineEvent);
                break;
            case PartitionOpenedDecoder.TEMPLATE_ID:
                partitionOpened.wrapAndApplyHeader(buffer, offset, header);
                handler.onPartitionOpened(index, name(), partitionOpened);
                break;
            case CommitDecoder.TEMPLATE_ID:
                commit.wrapAndApplyHeader(buffer, offset, header);
                handler.onCommit(index, partitions.get(commit.partitionIndex()), commit);
                break;
            case RecoveredDecoder.TEMPLATE_ID:
                recovered.wrapAndApplyHeader(buffer, offset, header);
                handler.onRecovered(index, partitions.get(recovered.partitionIndex()), recovered);
                break;
            case TruncatedDecoder.TEMPLATE_ID:
                truncated.wrapAndApplyHeader(buffer, offset, header);
                handler.onTruncated(index, partitions.get(truncated.partitionIndex()), truncated);
                break;
            case PartitionStateDecoder.TEMPLATE_ID:
                partitionState.wrapAndApplyHeader(buffer, offset, header);
                handler.onPartitionState(index, partitions.get(partitionState.partitionIndex()), partitionState);
                break;
            case LogStartDecoder.TEMPLATE_ID:
                logStart.wrapAndApplyHeader(buffer, offset, header);
                handler.onLogStart(index, partitions.get(logStart.partitionIndex()), logStart);
                break;
            case GapDecoder.TEMPLATE_ID:
                gap.wrapAndApplyHeader(buffer, offset, header);
                handler.onGap(index, partitions.get(gap.partitionIndex()), gap);
                break;
            case MetadataDecoder.TEMPLATE_ID:
                handler.onMetadata(index, metadata.wrapAndApplyHeader(buffer, offset, header));
                break;
            case MetadataRemovedDecoder.TEMPLATE_ID:
                handler.onMetadataRemoved(index, metadataRemoved.wrapAndApplyHeader(buffer, offset, header));
                break;
            case MetadataRoundDecoder.TEMPLATE_ID:
                handler.onMetadataRound(index, metadataRound.wrapAndApplyHeader(buffer, offset, header));
                break;
            case MetadataHeadDecoder.TEMPLATE_ID:
                handler.onMetadataHead(index, metadataHead.wrapAndApplyHeader(buffer, offset, header));
                break;
            case RpoSampleDecoder.TEMPLATE_ID:
                handler.onRpoSample(index, rpoSample.wrapAndApplyHeader(buffer, offset, header));
                break;
            case LinkEventDecoder.TEMPLATE_ID:
                handler.onLinkEvent(index, linkEvent.wrapAndApplyHeader(buffer, offset, header));
                break;
            case LinkHeadDecoder.TEMPLATE_ID:
                handler.onLinkHead(index, linkHead.wrapAndApplyHeader(buffer, offset, header));
                break;
            default:
                handler.onUnknown(index, header.templateId());
                break;
        }
    }

    /**
     * Forgets all names, before entries are read from somewhere else.
     */
    void reset()
    {
        partitions.clear();
    }

    private LedgerPartition name()
    {
        final UUID topicId = new UUID(partitionOpened.topicIdHigh(), partitionOpened.topicIdLow());
        final LedgerPartition partition =
            new LedgerPartition(partitionOpened.topic(), partitionOpened.partition(), topicId);
        partitions.put(partitionOpened.partitionIndex(), partition);
        partitionOpened.sbeRewind();
        return partition;
    }
}
