package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.LinkHeadEncoder;
import io.umbra.codecs.ledger.MessageHeaderEncoder;
import io.umbra.codecs.ledger.MetadataEncoder;
import io.umbra.codecs.ledger.MetadataHeadEncoder;
import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataRemovedEncoder;
import io.umbra.codecs.ledger.MetadataRoundEncoder;
import io.umbra.codecs.ledger.MetadataTaskType;
import org.agrona.concurrent.UnsafeBuffer;

import java.nio.ByteBuffer;

/**
 * Encodes the entries of the metadata's ledger, one at a time, into one direct buffer. Every method returns the length
 * of the entry, which begins at 0.
 */
final class MetadataEntryEncoder
{
    /** No entry is longer. Chronicle Queue writes any that is shorter than its overlap of two mappings. */
    static final int MAX_ENTRY_LENGTH = 256 << 10;

    /** Of an entry without its texts, with Chronicle's header and alignment, rounded up. */
    static final int FIXED_LENGTH = 64;

    private final int nodeId;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(MAX_ENTRY_LENGTH);
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final MetadataEncoder metadata = new MetadataEncoder();
    private final MetadataRemovedEncoder removed = new MetadataRemovedEncoder();
    private final MetadataRoundEncoder round = new MetadataRoundEncoder();
    private final MetadataHeadEncoder head = new MetadataHeadEncoder();

    MetadataEntryEncoder(final int nodeId)
    {
        this.nodeId = nodeId;
    }

    /**
     * How long an entry may be.
     *
     * @param templateId of the entry.
     * @return bytes.
     */
    static int maxLength(final int templateId)
    {
        return templateId >= MetadataEncoder.TEMPLATE_ID && templateId <= LinkHeadEncoder.TEMPLATE_ID ?
            MAX_ENTRY_LENGTH : EntryEncoder.MAX_ENTRY_LENGTH;
    }

    ByteBuffer bytes()
    {
        return bytes;
    }

    int metadata(final long timeNs, final MetadataKind kind, final byte[] key, final byte[] value)
    {
        metadata.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .timeNs(timeNs)
            .kind(kind)
            .putKey(key, 0, key.length)
            .putValue(value, 0, value.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + metadata.encodedLength();
    }

    int removed(final long timeNs, final MetadataKind kind, final byte[] key)
    {
        removed.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .timeNs(timeNs)
            .kind(kind)
            .putKey(key, 0, key.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + removed.encodedLength();
    }

    int round(
        final long timeNs, final MetadataTaskType task, final MetadataState.Round value, final byte[] message)
    {
        round.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .timeNs(timeNs)
            .task(task)
            .state(value.state())
            .completeNs(value.completeNs())
            .putMessage(message, 0, message.length);
        return MessageHeaderEncoder.ENCODED_LENGTH + round.encodedLength();
    }

    int head(final long timeNs, final int values)
    {
        head.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .timeNs(timeNs)
            .values(values);
        return MessageHeaderEncoder.ENCODED_LENGTH + head.encodedLength();
    }
}
