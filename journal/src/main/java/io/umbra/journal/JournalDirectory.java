package io.umbra.journal;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * The root of a journal: locked while in use, and marked with the link, node and source cluster that it belongs to
 * (<code>umbra.properties</code>), so that no other engine writes into it by mistake. Holds the checkpoints of all
 * partitions. Thread-safe.
 */
public final class JournalDirectory implements AutoCloseable
{
    /** The file that says whose journal it is. */
    public static final String PROPERTIES = "umbra.properties";

    private static final String VERSION = "1";
    private static final String VERSION_KEY = "version";
    private static final String LINK_KEY = "link.name";
    private static final String NODE_KEY = "node.id";
    private static final String CLUSTER_KEY = "cluster.id";
    private static final String KAFKA_PROPERTIES = "meta.properties";

    private final Path path;
    private final JournalLock lock;
    private final String linkName;
    private final int nodeId;
    private final Map<PartitionKey, PartitionCheckpoint> checkpoints = new TreeMap<>();
    private final List<String> warnings = new ArrayList<>();
    private String clusterId;

    private JournalDirectory(final Path path, final JournalLock lock, final String linkName, final int nodeId)
    {
        this.path = path;
        this.lock = lock;
        this.linkName = linkName;
        this.nodeId = nodeId;
    }

    /**
     * Opens a journal directory, creates what is missing, and takes its lock.
     *
     * @param dir      of the journal.
     * @param linkName name of the link.
     * @param nodeId   of this engine.
     * @return the directory, locked until it is closed.
     * @throws JournalException if it is in use, belongs to another link or node, is no journal, or cannot be written.
     */
    public static JournalDirectory open(final Path dir, final String linkName, final int nodeId)
    {
        JournalLock lock = null;
        boolean done = false;
        try
        {
            Files.createDirectories(dir);
            if (Files.exists(dir.resolve(KAFKA_PROPERTIES)) && !Files.exists(dir.resolve(PROPERTIES)))
            {
                throw new JournalException(
                    "journal.dir=" + dir + " is a log directory of a Kafka broker, not a journal");
            }
            lock = JournalLock.take(dir);
            final JournalDirectory directory = new JournalDirectory(dir, lock, linkName, nodeId);
            directory.load();
            done = true;
            return directory;
        }
        catch (final IOException ex)
        {
            throw new JournalException("journal.dir=" + dir + " cannot be used: " + describe(ex), ex);
        }
        finally
        {
            if (!done && lock != null)
            {
                closeQuietly(lock);
            }
        }
    }

    private static void closeQuietly(final JournalLock lock)
    {
        try
        {
            lock.close();
        }
        catch (final IOException ex)
        {
            // The failure that led here is the one to tell.
            return;
        }
    }

    private static String describe(final IOException ex)
    {
        // The file system exceptions have the path alone as their message.
        return ex.getClass().getSimpleName() + ": " + ex.getMessage();
    }

    private void load() throws IOException
    {
        final Properties found = readProperties(path);
        if (found.isEmpty())
        {
            writeProperties();
        }
        else
        {
            check(found, VERSION_KEY, VERSION);
            check(found, LINK_KEY, linkName);
            check(found, NODE_KEY, Integer.toString(nodeId));
            clusterId = found.getProperty(CLUSTER_KEY);
        }
        try
        {
            checkpoints.putAll(JournalCheckpoints.readAll(path));
        }
        catch (final IOException ex)
        {
            warnings.add("checkpoints are not used, every log is checked from its start: " + ex.getMessage());
        }
    }

    private void check(final Properties found, final String key, final String expected)
    {
        final String value = found.getProperty(key);
        if (!expected.equals(value))
        {
            throw new JournalException(
                "journal.dir=" + path + " belongs to another: it has " + key + "=" + value + ", expected " + expected);
        }
    }

    private void writeProperties() throws IOException
    {
        final StringBuilder text = new StringBuilder()
            .append(VERSION_KEY).append('=').append(VERSION).append('\n')
            .append(LINK_KEY).append('=').append(escape(linkName)).append('\n')
            .append(NODE_KEY).append('=').append(nodeId).append('\n');
        if (clusterId != null)
        {
            text.append(CLUSTER_KEY).append('=').append(escape(clusterId)).append('\n');
        }
        AtomicFile.write(
            SegmentFiles.SYSTEM,
            path.resolve(PROPERTIES),
            ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)),
            true);
    }

    private static String escape(final String value)
    {
        final String escaped = value.replace("\\", "\\\\");
        return escaped.startsWith(" ") ? "\\" + escaped : escaped;
    }

    private static Properties readProperties(final Path dir) throws IOException
    {
        final Properties properties = new Properties();
        try
        {
            properties.load(new StringReader(Files.readString(dir.resolve(PROPERTIES), StandardCharsets.UTF_8)));
        }
        catch (final NoSuchFileException ex)
        {
            properties.clear();
        }
        catch (final IllegalArgumentException ex)
        {
            throw new IOException(dir.resolve(PROPERTIES) + " is malformed: " + ex.getMessage(), ex);
        }
        return properties;
    }

    /** @return the directory. */
    public Path path()
    {
        return path;
    }

    /** @return what was wrong at open without being in the way; for the operator. */
    public List<String> warnings()
    {
        return Collections.unmodifiableList(warnings);
    }

    /** @return id of the source cluster that the journal belongs to, null as long as it is not bound to one. */
    public synchronized String clusterId()
    {
        return clusterId;
    }

    /**
     * Binds the journal to a source cluster for good; does nothing if it is bound to this one.
     *
     * @param id of the source cluster.
     * @throws JournalException if it belongs to another cluster, or cannot be written.
     */
    public synchronized void bindClusterId(final String id)
    {
        if (id.equals(clusterId))
        {
            return;
        }
        if (clusterId != null)
        {
            throw new JournalException(
                "journal.dir=" + path + " belongs to source cluster " + clusterId + ", the source is cluster " + id);
        }
        clusterId = id;
        try
        {
            writeProperties();
        }
        catch (final IOException ex)
        {
            clusterId = null;
            throw new JournalException("journal.dir=" + path + " cannot be written: " + describe(ex), ex);
        }
    }

    /**
     * What is checkpointed for a partition.
     *
     * @param topic     name.
     * @param partition number.
     * @return the checkpoint, null if there is none.
     */
    public synchronized PartitionCheckpoint checkpoint(final String topic, final int partition)
    {
        return checkpoints.get(new PartitionKey(topic, partition));
    }

    /** @return all checkpoints, as read at open and written since. */
    public synchronized Map<PartitionKey, PartitionCheckpoint> checkpoints()
    {
        return new TreeMap<>(checkpoints);
    }

    /**
     * Writes the checkpoints of some partitions; those of the others stay as they are. Each file is replaced as a
     * whole, and forced.
     *
     * @param changed checkpoints; the digest must be that at the durable offset.
     * @throws IOException if a file cannot be written; then the older one is still there.
     */
    public synchronized void writeCheckpoints(final Collection<PartitionCheckpoint> changed) throws IOException
    {
        for (final PartitionCheckpoint checkpoint : changed)
        {
            checkpoints.put(checkpoint.key(), checkpoint);
        }
        JournalCheckpoints.write(path, checkpoints.values());
    }

    /**
     * Drops the checkpoint of a partition whose directory went away; written with the next checkpoints.
     *
     * @param topic     name.
     * @param partition number.
     */
    public synchronized void removeCheckpoint(final String topic, final int partition)
    {
        checkpoints.remove(new PartitionKey(topic, partition));
    }

    /**
     * Partitions that have a directory.
     *
     * @return in order of topic and partition.
     * @throws IOException if the directory cannot be read.
     */
    public List<PartitionKey> partitions() throws IOException
    {
        return partitions(path);
    }

    /**
     * Partitions that have a directory; needs no lock.
     *
     * @param journalDir of the journal.
     * @return in order of topic and partition; none if there is no such directory.
     * @throws IOException if the directory cannot be read.
     */
    public static List<PartitionKey> partitions(final Path journalDir) throws IOException
    {
        final List<PartitionKey> partitions = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(journalDir, Files::isDirectory))
        {
            for (final Path dir : paths)
            {
                final PartitionKey key = PartitionKey.parse(dir.getFileName().toString());
                if (key != null && Files.exists(dir.resolve(PartitionFiles.METADATA)))
                {
                    partitions.add(key);
                }
            }
        }
        catch (final NoSuchFileException | NotDirectoryException ex)
        {
            return partitions;
        }
        Collections.sort(partitions);
        return partitions;
    }

    /**
     * Source cluster that a journal belongs to; needs no lock.
     *
     * @param journalDir of the journal.
     * @return the cluster id, null if there is none yet.
     * @throws IOException if the properties cannot be read.
     */
    public static String readClusterId(final Path journalDir) throws IOException
    {
        return readProperties(journalDir).getProperty(CLUSTER_KEY);
    }

    /** Gives the lock back. */
    @Override
    public void close()
    {
        closeQuietly(lock);
    }
}
