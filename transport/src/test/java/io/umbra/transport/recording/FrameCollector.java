package io.umbra.transport.recording;

import io.umbra.codecs.control.SourceCondition;
import io.umbra.transport.FrameHandler;
import io.umbra.transport.FrameHeader;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Notes each message in a line; of a frame also the checksum of its bytes. */
final class FrameCollector implements FrameHandler
{
    final List<String> lines = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    static String line(final long fetchOffset, final byte[] bytes)
    {
        final CRC32C crc = new CRC32C();
        crc.update(bytes);
        return "frame " + fetchOffset + ": " + bytes.length + " bytes, " + crc.getValue();
    }

    @Override
    public void onFrameBegin()
    {
        bytes.reset();
    }

    @Override
    public void onFramePayload(final ByteBuffer termBuffer, final int offset, final int length)
    {
        final byte[] slice = new byte[length];
        termBuffer.get(offset, slice);
        bytes.writeBytes(slice);
    }

    @Override
    public boolean onFrameEnd(final FrameHeader header)
    {
        lines.add(line(header.fetchOffset, bytes.toByteArray()));
        return true;
    }

    @Override
    public boolean onLogStartAdvanced(
        final int partitionIndex, final int assignmentEpoch, final long logStartOffset, final long timeNs)
    {
        lines.add("log start " + logStartOffset);
        return true;
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
        lines.add(condition + " at " + fetchOffset);
        return true;
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
        lines.add("diverged at " + endOffset);
        return true;
    }

    @Override
    public boolean onOffsetsLost(
        final int partitionIndex,
        final int assignmentEpoch,
        final long fromOffset,
        final long toOffset,
        final long timeNs)
    {
        lines.add("lost " + fromOffset + " to " + toOffset);
        return true;
    }
}
