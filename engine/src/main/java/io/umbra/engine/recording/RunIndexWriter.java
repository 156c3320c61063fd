package io.umbra.engine.recording;

import io.umbra.journal.ledger.LedgerPartition;
import io.umbra.transport.recording.Recording;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Adds a run to an archive's {@link RunIndex}. Each fact is in the file before the call returns, so that it outlives
 * the process; like the recordings, it is not forced to the device. From any thread.
 */
public final class RunIndexWriter implements AutoCloseable
{
    private final FileChannel channel;
    private long position;

    private RunIndexWriter(final FileChannel channel) throws IOException
    {
        this.channel = channel;
        position = channel.size();
    }

    /**
     * Begins a run.
     *
     * @param archiveDir directory of the archive, of which the caller is the only writer.
     * @param run        that begins; its partitions come later.
     * @param recordings of the archive; earlier runs of which they have nothing are forgotten.
     * @return the writer.
     * @throws IOException if the file cannot be read or written.
     */
    public static RunIndexWriter begin(final Path archiveDir, final Run run, final List<Recording> recordings)
        throws IOException
    {
        final List<Run> runs = new ArrayList<>(RunIndex.read(archiveDir));
        runs.add(run);
        final List<Span> recorded = Span.of(runs, recordings);
        final StringBuilder text = new StringBuilder(RunIndex.VERSION).append('\n');
        for (final Run earlier : runs.subList(0, runs.size() - 1))
        {
            if (recorded.stream().anyMatch((span) -> span.run() == earlier))
            {
                append(text, earlier);
            }
        }
        append(text, run);
        final Path file = archiveDir.resolve(RunIndex.FILE);
        final Path next = archiveDir.resolve(RunIndex.FILE + ".next");
        Files.writeString(next, text, StandardCharsets.UTF_8);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return new RunIndexWriter(FileChannel.open(file, StandardOpenOption.WRITE));
    }

    /**
     * The source's cluster is known.
     *
     * @param clusterId of the source.
     * @throws IOException if it cannot be written.
     */
    public void cluster(final String clusterId) throws IOException
    {
        final StringBuilder text = new StringBuilder();
        appendCluster(text, clusterId);
        write(text);
    }

    /**
     * A partition is about to be fetched.
     *
     * @param index of the partition in this run.
     * @param name  of the partition.
     * @throws IOException if it cannot be written.
     */
    public void partition(final int index, final LedgerPartition name) throws IOException
    {
        final StringBuilder text = new StringBuilder();
        appendPartition(text, index, name);
        write(text);
    }

    /** A line that could not be written as a whole is written over by the next. */
    private synchronized void write(final StringBuilder text) throws IOException
    {
        final ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        long at = position;
        while (bytes.hasRemaining())
        {
            at += channel.write(bytes, at);
        }
        position = at;
    }

    private static void append(final StringBuilder text, final Run run)
    {
        text.append(RunIndex.RUN)
            .append('\t').append(run.startTimeMs())
            .append('\t').append(run.nodeId())
            .append('\t').append(run.segmentBytes())
            .append('\t').append(run.isMirror() ? RunIndex.MIRROR : RunIndex.KEEP)
            .append('\t').append(run.link())
            .append('\n');
        for (final Run.Stream stream : run.streams())
        {
            text.append(RunIndex.STREAM)
                .append('\t').append(stream.shard())
                .append('\t').append(stream.recordingId())
                .append('\t').append(stream.position())
                .append('\n');
        }
        if (null != run.clusterId())
        {
            appendCluster(text, run.clusterId());
        }
        run.partitions().forEach((index, name) -> appendPartition(text, index, name));
    }

    private static void appendCluster(final StringBuilder text, final String clusterId)
    {
        text.append(RunIndex.CLUSTER).append('\t').append(clusterId).append('\n');
    }

    private static void appendPartition(final StringBuilder text, final int index, final LedgerPartition name)
    {
        text.append(RunIndex.PARTITION)
            .append('\t').append(index)
            .append('\t').append(name.topicId())
            .append('\t').append(name.partition())
            .append('\t').append(name.topic())
            .append('\n');
    }

    @Override
    public void close() throws IOException
    {
        channel.close();
    }
}
