package io.umbra.engine.recording;

import io.umbra.journal.ledger.LedgerPartition;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The runs of an archive, in a file beside the recordings: frames name their partition by an index that holds for one
 * run of the engine, and what announced it may have been deleted with the oldest files.
 * <p>
 * Text, a line for each fact, fields divided by tabs; only ever appended to while an engine runs. A last line without
 * its end was being written when the engine was killed, and does not count: its partition had not begun.
 * <pre>
 * umbra-runs 1
 * run        start-time-ms  node  segment-bytes  mirror|keep  link
 * stream     shard  recording-id  position
 * cluster    cluster-id
 * partition  index  topic-id  partition  topic
 * </pre>
 */
public final class RunIndex
{
    /** Name of the file. */
    public static final String FILE = "runs.index";
    static final String VERSION = "umbra-runs 1";
    static final String RUN = "run";
    static final String STREAM = "stream";
    static final String CLUSTER = "cluster";
    static final String PARTITION = "partition";
    static final String MIRROR = "mirror";
    static final String KEEP = "keep";

    private final List<Run> runs = new ArrayList<>();
    private String[] head;
    private String clusterId;
    private List<Run.Stream> streams = new ArrayList<>();
    private Map<Integer, LedgerPartition> partitions = new HashMap<>();

    private RunIndex()
    {
    }

    /**
     * Reads the runs, also while an engine adds to them.
     *
     * @param archiveDir directory of the archive.
     * @return the runs in their order; none if there is no such file.
     * @throws IOException if the file cannot be read or understood.
     */
    public static List<Run> read(final Path archiveDir) throws IOException
    {
        final Path file = archiveDir.resolve(FILE);
        final String text;
        try
        {
            text = Files.readString(file, StandardCharsets.UTF_8);
        }
        catch (final NoSuchFileException ex)
        {
            return List.of();
        }
        final String[] lines = text.substring(0, text.lastIndexOf('\n') + 1).split("\n");
        if (!VERSION.equals(lines[0]))
        {
            throw new IOException(file + " begins with '" + lines[0] + "', this Umbra reads '" + VERSION + "'");
        }
        final RunIndex index = new RunIndex();
        for (int i = 1; i < lines.length; i++)
        {
            try
            {
                index.line(lines[i].split("\t", -1));
            }
            catch (final IllegalArgumentException | ArrayIndexOutOfBoundsException ex)
            {
                throw new IOException(file + " is damaged: line " + (i + 1) + " is '" + lines[i] + "'", ex);
            }
        }
        index.endRun();
        return List.copyOf(index.runs);
    }

    private void line(final String[] fields)
    {
        if (null == head && !RUN.equals(fields[0]))
        {
            throw new IllegalArgumentException("not within a run");
        }
        switch (fields[0])
        {
            case RUN:
                endRun();
                head = fields;
                break;

            case STREAM:
                streams.add(new Run.Stream(
                    Integer.parseInt(fields[1]), Long.parseLong(fields[2]), Long.parseLong(fields[3])));
                break;

            case CLUSTER:
                clusterId = fields[1];
                break;

            case PARTITION:
                partitions.put(Integer.parseInt(fields[1]),
                    new LedgerPartition(fields[4], Integer.parseInt(fields[3]), UUID.fromString(fields[2])));
                break;

            default:
                throw new IllegalArgumentException("unknown line");
        }
    }

    private void endRun()
    {
        if (null != head)
        {
            runs.add(new Run(
                Long.parseLong(head[1]), head[5], Integer.parseInt(head[2]), Integer.parseInt(head[3]),
                MIRROR.equals(head[4]), clusterId, streams, partitions));
        }
        head = null;
        clusterId = null;
        streams = new ArrayList<>();
        partitions = new HashMap<>();
    }
}
