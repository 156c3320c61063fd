package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Keeps the end of a log that is about to be cut off because the source has another history. The name tells the offsets
 * and the rolling digest, so that keeping the same suffix again, after a crash in between, keeps it once:
 * <pre>
 *   diverged/&lt;topic&gt;-&lt;partition&gt;/&lt;first offset&gt;-&lt;end offset&gt;-&lt;digest&gt;/
 *     &lt;offset&gt;.log             the batches as they were, one file for each segment; stock tools read them
 *     manifest.properties      what, when, why
 * </pre>
 */
final class LogBranch
{
    static final String DIVERGED_DIR = "diverged";
    static final String MANIFEST = "manifest.properties";

    private final PartitionLogContext ctx;
    private final LogState state;
    private final String reason;
    private Path kept;

    LogBranch(final PartitionLogContext ctx, final LogState state, final String reason)
    {
        this.ctx = ctx;
        this.state = state;
        this.reason = reason;
    }

    /** Where it is kept; null if nothing was. */
    Path directory()
    {
        return kept;
    }

    boolean isKept()
    {
        return kept != null;
    }

    /**
     * Copies everything from a batch on, durably.
     *
     * @param segments   all segments, ascending.
     * @param index      of the segment in which the batch begins.
     * @param position   at which it begins.
     * @param baseOffset of the batch.
     */
    void keep(final List<LogSegment> segments, final int index, final int position, final long baseOffset)
        throws IOException
    {
        final Path parent = ctx.journalDir().resolve(DIVERGED_DIR).resolve(ctx.directory().getFileName());
        final Path target = parent.resolve(
            baseOffset + "-" + state.endOffset + "-" + String.format("%016x", state.digest));
        if (!Files.exists(target))
        {
            final Path temp = target.resolveSibling(target.getFileName() + AtomicFile.TEMP_SUFFIX);
            Files.createDirectories(temp);
            long bytes = 0;
            for (int i = index; i < segments.size(); i++)
            {
                final LogSegment segment = segments.get(i);
                final int from = i == index ? position : 0;
                if (segment.size() > from)
                {
                    final long first = i == index ? baseOffset : segment.baseOffset();
                    final Path file = temp.resolve(LogSegment.fileName(first, LogSegment.LOG_SUFFIX));
                    Files.deleteIfExists(file);
                    LogCutter.copy(ctx.segmentFiles(), segment, from, file);
                    bytes += segment.size() - from;
                }
            }
            writeManifest(temp.resolve(MANIFEST), baseOffset, bytes);
            Files.move(temp, target, StandardCopyOption.ATOMIC_MOVE);
            AtomicFile.forceDirectory(ctx.segmentFiles(), parent);
            AtomicFile.forceDirectory(ctx.segmentFiles(), parent.getParent());
            AtomicFile.forceDirectory(ctx.segmentFiles(), ctx.journalDir());
        }
        kept = target;
    }

    private void writeManifest(final Path file, final long baseOffset, final long bytes) throws IOException
    {
        final StringBuilder text = new StringBuilder();
        PropertiesText.append(text, "topic", ctx.topic());
        PropertiesText.append(text, "partition", Integer.toString(ctx.partition()));
        PropertiesText.append(text, "topic.id", PartitionFiles.encode(ctx.topicId()));
        PropertiesText.append(text, "base.offset", Long.toString(baseOffset));
        PropertiesText.append(text, "end.offset", Long.toString(state.endOffset));
        PropertiesText.append(text, "bytes", Long.toString(bytes));
        PropertiesText.append(text, "last.leader.epoch", Integer.toString(state.epochs.lastEpoch()));
        PropertiesText.append(text, "digest", String.format("%016x", state.digest));
        PropertiesText.append(text, "time.ms", Long.toString(ctx.clock().time()));
        PropertiesText.append(text, "reason", reason);
        AtomicFile.write(
            ctx.segmentFiles(), file, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)), true);
    }
}
