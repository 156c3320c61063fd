package io.umbra.journal.ledger;

import io.umbra.codecs.ledger.LinkEventEncoder;
import io.umbra.codecs.ledger.LinkEventType;
import io.umbra.codecs.ledger.LinkHeadEncoder;
import io.umbra.codecs.ledger.MessageHeaderEncoder;
import io.umbra.codecs.ledger.RpoSampleEncoder;
import org.agrona.concurrent.UnsafeBuffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Writes the ledger of the link's history: how far the shadow was behind, and what happened.
 *
 * <p>One thread at a time may call; {@link #open} and {@link #close} may be called from another than the rest if they
 * do not overlap. An entry is in the ledger when the method returns: kill -9 loses none. Power loss may lose those
 * since the last {@link #force}.
 *
 * <p><b>Files</b> are those of a {@link Ledger}; no entry needs the ones before it.
 *
 * <p><b>Full disk.</b> Space is allocated before anything is written. When there is none, the methods throw
 * {@link LedgerException}, nothing is written, and they may be called again.
 */
public final class LinkLedger implements AutoCloseable
{
    /** Longest histogram that a sample takes, in bytes. */
    public static final int MAX_HISTOGRAM_LENGTH = 64 << 10;

    private static final int MAX_ENTRY_LENGTH = 2 * MAX_HISTOGRAM_LENGTH + (8 << 10);
    /** With Chronicle's header and alignment, rounded up. */
    private static final int HEAD_LENGTH = 64;
    private static final byte[] NOTHING = {};

    private final int nodeId;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(MAX_ENTRY_LENGTH);
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final RpoSampleEncoder rpoSample = new RpoSampleEncoder();
    private final LinkEventEncoder linkEvent = new LinkEventEncoder();
    private final LinkHeadEncoder linkHead = new LinkHeadEncoder();
    private final LedgerFiles files;
    private final List<LedgerFinding> findings;
    private boolean isClosed;

    /**
     * How far the shadow was behind, over an interval.
     *
     * @param timeNs        end of the interval, wall clock, nanoseconds since 1970.
     * @param intervalMs    its length, milliseconds.
     * @param linkState     code of the link's state at its end, 0 to 254.
     * @param lagRecords    missing at its end; -1 when it is not known.
     * @param lagBytes      their bytes; -1 when it is not known.
     * @param lagMs         bound of the age of the oldest, milliseconds; -1 when it is not known.
     * @param bytes         journaled in the interval.
     * @param records       journaled in the interval.
     * @param sampled       histogram as the schema describes it; null or empty for none.
     * @param logAppendTime likewise.
     */
    public record Sample(
        long timeNs,
        int intervalMs,
        int linkState,
        long lagRecords,
        long lagBytes,
        long lagMs,
        long bytes,
        long records,
        byte[] sampled,
        byte[] logAppendTime)
    {
    }

    /**
     * Something that an operator should know of.
     *
     * @param timeNs     wall clock, nanoseconds since 1970.
     * @param type       of the event.
     * @param topic      concerned, or null.
     * @param partition  number within the topic; -1 if it is about no single one.
     * @param fromOffset first offset concerned; -1 if none is.
     * @param toOffset   the offset behind the last one concerned; -1 if none is.
     * @param before     state before, or null.
     * @param after      state after, or null.
     * @param message    for people, or null; what is longer than 1024 bytes of UTF-8 is cut off, of each text.
     */
    public record Event(
        long timeNs,
        LinkEventType type,
        String topic,
        int partition,
        long fromOffset,
        long toOffset,
        String before,
        String after,
        String message)
    {
    }

    private LinkLedger(final LedgerContext ctx, final List<LedgerFinding> findings)
    {
        nodeId = ctx.nodeId();
        files = LedgerFiles.open(ctx, bytes, new FileHead(), findings);
        this.findings = List.copyOf(findings);
    }

    /**
     * Opens or creates the ledger of the link, after it has repaired what a crash left behind. The caller holds the
     * lock of the journal directory.
     *
     * @param ctx what to open.
     * @return the ledger, positioned after its last whole entry.
     * @throws LedgerException if it cannot be opened; the message names the file and says what can be done.
     */
    public static LinkLedger open(final LedgerContext ctx)
    {
        ctx.concludeForLink();
        return new LinkLedger(ctx, LedgerRecovery.recover(ctx.directory()));
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
     * An interval has ended.
     *
     * @param sample of it.
     * @throws LedgerException          if it cannot be written, for want of space for one.
     * @throws IllegalArgumentException if a histogram is longer than {@link #MAX_HISTOGRAM_LENGTH}.
     */
    public void sample(final Sample sample)
    {
        final byte[] sampled = histogram(sample.sampled());
        final byte[] logAppendTime = histogram(sample.logAppendTime());
        prepare(sampled.length + logAppendTime.length);
        rpoSample.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .timeNs(sample.timeNs())
            .intervalMs(sample.intervalMs())
            .linkState((short)sample.linkState())
            .lagRecords(sample.lagRecords())
            .lagBytes(sample.lagBytes())
            .lagMs(sample.lagMs())
            .bytes(sample.bytes())
            .records(sample.records())
            .putSampled(sampled, 0, sampled.length)
            .putLogAppendTime(logAppendTime, 0, logAppendTime.length);
        files.append(MessageHeaderEncoder.ENCODED_LENGTH + rpoSample.encodedLength());
    }

    /**
     * Something has happened.
     *
     * @param event that happened.
     * @throws LedgerException if it cannot be written, for want of space for one.
     */
    public void event(final Event event)
    {
        final byte[] topic = EntryEncoder.text(event.topic());
        final byte[] before = EntryEncoder.text(event.before());
        final byte[] after = EntryEncoder.text(event.after());
        final byte[] message = EntryEncoder.text(event.message());
        prepare(topic.length + before.length + after.length + message.length);
        linkEvent.wrapAndApplyHeader(buffer, 0, header)
            .nodeId(nodeId)
            .timeNs(event.timeNs())
            .eventType(event.type())
            .partition(event.partition())
            .fromOffset(event.fromOffset())
            .toOffset(event.toOffset())
            .putTopic(topic, 0, topic.length)
            .putBefore(before, 0, before.length)
            .putAfter(after, 0, after.length)
            .putMessage(message, 0, message.length);
        files.append(MessageHeaderEncoder.ENCODED_LENGTH + linkEvent.encodedLength());
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

    private static byte[] histogram(final byte[] encoded)
    {
        if (encoded == null)
        {
            return NOTHING;
        }
        if (encoded.length > MAX_HISTOGRAM_LENGTH)
        {
            throw new IllegalArgumentException(
                "a histogram of " + encoded.length + " bytes, more than " + MAX_HISTOGRAM_LENGTH);
        }
        return encoded;
    }

    /**
     * Comes before the encoder is filled, as in the other ledgers.
     */
    private void prepare(final int length)
    {
        try
        {
            files.ensureRoom(length);
        }
        catch (final IOException ex)
        {
            throw new LedgerException(files.directory(), "there is no room for an entry: " + ex.getMessage(), ex);
        }
    }

    /**
     * Every entry can be read without others; but a file has to begin with one, so that Chronicle has gone on to it
     * before older ones are deleted.
     */
    private final class FileHead implements LedgerFiles.Head
    {
        @Override
        public long maxLength()
        {
            return HEAD_LENGTH;
        }

        @Override
        public void write(final long timeNs)
        {
            linkHead.wrapAndApplyHeader(buffer, 0, header).nodeId(nodeId).timeNs(timeNs);
            files.append(MessageHeaderEncoder.ENCODED_LENGTH + linkHead.encodedLength());
        }
    }
}
