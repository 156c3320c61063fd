package io.umbra.engine.replay;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.engine.recording.Span;
import io.umbra.transport.FrameHandler;
import io.umbra.transport.FrameHeader;
import io.umbra.transport.recording.RecordingReader;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes a {@link Message} of each message of a span. One thread.
 */
final class MessageDecoder implements FrameHandler
{
    private final Span span;
    private final RecordingReader reader;
    private final MessageSink sink;
    private long payloadLength;

    /** Takes the messages. */
    interface MessageSink
    {
        /**
         * The next message.
         *
         * @param message decoded.
         */
        void onMessage(Message message);
    }

    MessageDecoder(final Span span, final RecordingReader reader, final MessageSink sink)
    {
        this.span = span;
        this.reader = reader;
        this.sink = sink;
    }

    @Override
    public void onFrameBegin()
    {
        payloadLength = 0;
    }

    @Override
    public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
    {
        payloadLength += length;
    }

    @Override
    public boolean onFrameEnd(final FrameHeader header)
    {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("assignmentEpoch", header.assignmentEpoch);
        fields.put("fetchOffset", header.fetchOffset);
        fields.put("baseOffset", header.baseOffset);
        fields.put("lastOffset", header.lastOffset);
        fields.put("leaderEpoch", header.leaderEpoch);
        fields.put("leaderId", header.leaderId);
        fields.put("sourceHighWatermark", header.sourceHighWatermark);
        fields.put("sourceLogStartOffset", header.sourceLogStartOffset);
        fields.put("length", payloadLength);
        if (0 != header.batchLength)
        {
            fields.put("chunkOffset", header.chunkOffset);
            fields.put("batchLength", header.batchLength);
        }
        return take("Data", header.partitionIndex, header.fetchTimeNs, fields);
    }

    @Override
    public boolean onLogStartAdvanced(
        final int partitionIndex, final int assignmentEpoch, final long logStartOffset, final long timeNs)
    {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("assignmentEpoch", assignmentEpoch);
        fields.put("logStartOffset", logStartOffset);
        return take("LogStartAdvanced", partitionIndex, timeNs, fields);
    }

    @Override
    public boolean onSourceConditionChanged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final long timeNs,
        final SourceCondition condition,
        final String text)
    {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("assignmentEpoch", assignmentEpoch);
        fields.put("fetchOffset", fetchOffset);
        fields.put("condition", condition.name());
        if (!text.isEmpty())
        {
            fields.put("text", text);
        }
        return take("SourceConditionChanged", partitionIndex, timeNs, fields);
    }

    @Override
    public boolean onSourceDiverged(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fetchOffset,
        final int leaderEpoch,
        final long endOffset,
        final long timeNs)
    {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("assignmentEpoch", assignmentEpoch);
        fields.put("fetchOffset", fetchOffset);
        fields.put("leaderEpoch", leaderEpoch);
        fields.put("endOffset", endOffset);
        return take("SourceDiverged", partitionIndex, timeNs, fields);
    }

    @Override
    public boolean onOffsetsLost(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fromOffset,
        final long toOffset,
        final long timeNs)
    {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("assignmentEpoch", assignmentEpoch);
        fields.put("fromOffset", fromOffset);
        fields.put("toOffset", toOffset);
        return take("OffsetsLost", partitionIndex, timeNs, fields);
    }

    private boolean take(
        final String type, final int partitionIndex, final long timeNs, final Map<String, Object> fields)
    {
        sink.onMessage(new Message(
            span.recording().id(),
            reader.messagePosition(),
            span.recording().shard(),
            type,
            timeNs,
            partitionIndex,
            null == span.run() ? null : span.run().partitions().get(partitionIndex),
            fields));
        return true;
    }
}
