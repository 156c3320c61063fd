package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;

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
    private static final String BEGUN_KEY = "link.begun";
    private static final String KAFKA_PROPERTIES = "meta.properties";
    private static final String RETIRED_DIR = "retired";

    private final Path path;
    private final JournalLock lock;
    private final String linkName;
    private final int nodeId;
    private final Map<PartitionKey, PartitionCheckpoint> checkpoints = new TreeMap<>();
    private final List<String> warnings = new ArrayList<>();
    private long highestProducerId;
    private long writtenProducerId = Long.MIN_VALUE;
    private String clusterId;
    private boolean hasBegun;

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
            hasBegun = Boolean.parseBoolean(found.getProperty(BEGUN_KEY));
        }
        try
        {
            checkpoints.putAll(JournalCheckpoints.readAll(path));
        }
        catch (final IOException ex)
        {
            warnings.add("checkpoints are not used, every log is checked from its start: " + ex.getMessage());
        }
        loadProducerId();
    }

    private void loadProducerId() throws IOException
    {
        try
        {
            if (HighestProducerId.exists(path))
            {
                highestProducerId = HighestProducerId.read(path);
                writtenProducerId = highestProducerId;
                return;
            }
        }
        catch (final IOException ex)
        {
            warnings.add("the highest producer id is taken from the producer snapshots: " + ex.getMessage());
        }
        highestProducerId = HighestProducerId.inSnapshots(path);
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
        final StringBuilder text = new StringBuilder();
        PropertiesText.append(text, VERSION_KEY, VERSION);
        PropertiesText.append(text, LINK_KEY, linkName);
        PropertiesText.append(text, NODE_KEY, Integer.toString(nodeId));
        if (clusterId != null)
        {
            PropertiesText.append(text, CLUSTER_KEY, clusterId);
        }
        if (hasBegun)
        {
            PropertiesText.append(text, BEGUN_KEY, Boolean.TRUE.toString());
        }
        AtomicFile.write(
            SegmentFiles.SYSTEM,
            path.resolve(PROPERTIES),
            ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)),
            true);
    }

    private static Properties readProperties(final Path dir) throws IOException
    {
        try
        {
            return PropertiesText.read(dir.resolve(PROPERTIES));
        }
        catch (final NoSuchFileException ex)
        {
            return new Properties();
        }
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
     * @throws JournalException if it belongs to another cluster, or was promoted into this one, or cannot be written.
     */
    public synchronized void bindClusterId(final String id)
    {
        if (id.equals(clusterId))
        {
            return;
        }
        refuseOwnShadow(id);
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

    private void refuseOwnShadow(final String id)
    {
        final Promotion promotion = promotions().stream()
            .filter((candidate) -> candidate.clusterId().equals(id)).findFirst().orElse(null);
        if (promotion != null)
        {
            throw new JournalException("journal.dir=" + path + ": the source is cluster " + id + ", which was " +
                "promoted from this very shadow at " + Instant.ofEpochMilli(promotion.timeMs()) + " under " +
                promotion.target() + "; to shadow that cluster, begin a link with a journal of its own");
        }
    }

    /**
     * What a new cluster has taken over as a whole must not be written to.
     *
     * @throws JournalException if it has; the message says which and where.
     */
    public void refuseIfPromoted()
    {
        for (final Promotion promotion : promotions())
        {
            if (promotion.isWholeLink())
            {
                throw new JournalException("link " + linkName + " was promoted at " +
                    Instant.ofEpochMilli(promotion.timeMs()) + " into cluster " + promotion.clusterId() + " under " +
                    promotion.target() + ": it shadows nothing more. If that cluster never took over, remove " +
                    new Promotions(path).file(promotion.clusterId()));
            }
        }
    }

    private List<Promotion> promotions()
    {
        try
        {
            return new Promotions(path).list();
        }
        catch (final IOException ex)
        {
            throw new JournalException("journal.dir=" + path + ": " + describe(ex), ex);
        }
    }

    /** @return whether all partitions that were there when the link began have their first offset, durably. */
    public synchronized boolean hasBegun()
    {
        return hasBegun;
    }

    /**
     * All partitions that were there when the link began have their first offset, durably.
     *
     * @throws JournalException if that cannot be written.
     */
    public synchronized void begun()
    {
        if (!hasBegun)
        {
            hasBegun = true;
            try
            {
                writeProperties();
            }
            catch (final IOException ex)
            {
                hasBegun = false;
                throw new JournalException("journal.dir=" + path + " cannot be written: " + describe(ex), ex);
            }
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
     * The highest producer id in any log of the journal, whether the log is still there or not, as of the last
     * checkpoints: what a cluster hands out that is made of the journal must lie above. Batches above the recovery
     * points may have higher ones.
     *
     * @return the producer id, -1 if none was seen.
     */
    public synchronized long highestProducerId()
    {
        return highestProducerId;
    }

    /**
     * As {@link #highestProducerId()}; needs no lock. In a journal from before this was written down it is the highest
     * one in the producer snapshots.
     *
     * @param journalDir of the journal.
     * @return the producer id, -1 if none was seen.
     * @throws IOException if the journal cannot be read.
     */
    public static long readHighestProducerId(final Path journalDir) throws IOException
    {
        return HighestProducerId.read(journalDir);
    }

    /**
     * Writes the checkpoints of some partitions; those of the others stay as they are. Each file is replaced as a
     * whole, and forced.
     *
     * @param changed    checkpoints; the digest must be that at the durable offset.
     * @param producerId highest one in any log, at least up to these checkpoints; one below what is known changes
     *                   nothing.
     * @throws IOException if a file cannot be written; then the older one is still there.
     */
    public synchronized void writeCheckpoints(final Collection<PartitionCheckpoint> changed, final long producerId)
        throws IOException
    {
        highestProducerId = Math.max(highestProducerId, producerId);
        if (highestProducerId != writtenProducerId)
        {
            // First: what lies above a recovery point is looked at again, what lies below is not.
            HighestProducerId.write(path, highestProducerId);
            writtenProducerId = highestProducerId;
        }
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
     * Puts the directory of a partition aside if it holds another topic id than the one given: an earlier generation of
     * a topic that was created anew. It goes to <code>retired/&lt;topic id&gt;/&lt;topic&gt;-&lt;partition&gt;</code>,
     * and its checkpoint goes. Its log must not be open.
     *
     * @param topic     name.
     * @param partition number.
     * @param topicId   of the topic as it is now.
     * @return where it went; null if there was none.
     * @throws IOException if it cannot be moved; then it is where it was.
     */
    public Path retireOther(final String topic, final int partition, final UUID topicId) throws IOException
    {
        final UUID found = PartitionFiles.readMetadata(directory(topic, partition));
        return found == null || found.equals(topicId) ? null : retire(topic, partition, found, false);
    }

    /**
     * Puts the directory of a partition aside, to
     * <code>retired/&lt;topic id&gt;/&lt;topic&gt;-&lt;partition&gt;</code>. Its checkpoint goes. Its log
     * must not be open.
     *
     * @param topic     name.
     * @param partition number.
     * @param topicId   that the directory holds.
     * @param isDeleted whether it is deleted there at once, its files first.
     * @return where it went.
     * @throws IOException if it cannot be moved; then it is where it was.
     */
    public Path retire(final String topic, final int partition, final UUID topicId, final boolean isDeleted)
        throws IOException
    {
        final Path directory = directory(topic, partition);
        final Path parent = path.resolve(RETIRED_DIR).resolve(PartitionFiles.encode(topicId));
        Files.createDirectories(parent);
        final Path target = parent.resolve(directory.getFileName());
        Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.forceDirectory(SegmentFiles.SYSTEM, parent);
        AtomicFile.forceDirectory(SegmentFiles.SYSTEM, path);
        removeCheckpoint(topic, partition);
        if (isDeleted)
        {
            delete(target);
        }
        return target;
    }

    /**
     * Where a partition of an earlier generation of a topic is put aside.
     *
     * @param journalDir of the journal.
     * @param topic      name.
     * @param partition  number.
     * @param topicId    of that generation.
     * @return its directory; it need not exist.
     */
    public static Path retired(
        final Path journalDir, final String topic, final int partition, final UUID topicId)
    {
        return journalDir.resolve(RETIRED_DIR).resolve(PartitionFiles.encode(topicId)).resolve(topic + "-" + partition);
    }

    /**
     * Partitions of earlier generations that are put aside; needs no lock.
     *
     * @param journalDir of the journal.
     * @return in order of topic and partition, by the topic id of their generation.
     * @throws IOException if a directory cannot be read.
     */
    public static Map<UUID, List<PartitionKey>> retired(final Path journalDir) throws IOException
    {
        final Map<UUID, List<PartitionKey>> retired = new HashMap<>();
        try (DirectoryStream<Path> generations = Files.newDirectoryStream(journalDir.resolve(RETIRED_DIR)))
        {
            for (final Path generation : generations)
            {
                final List<PartitionKey> partitions = partitions(generation);
                if (!partitions.isEmpty())
                {
                    retired.put(PartitionFiles.readMetadata(generation.resolve(partitions.get(0).toString())),
                        partitions);
                }
            }
        }
        catch (final NoSuchFileException ex)
        {
            return retired;
        }
        return retired;
    }

    /**
     * Whether an earlier generation of a topic was retired, with any of its partitions.
     *
     * @param topicId of it.
     * @return true if it was.
     */
    public boolean isRetired(final UUID topicId)
    {
        return Files.exists(path.resolve(RETIRED_DIR).resolve(PartitionFiles.encode(topicId)));
    }

    private static void delete(final Path directory) throws IOException
    {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory))
        {
            for (final Path file : files)
            {
                Files.deleteIfExists(file);
            }
        }
        Files.delete(directory);
    }

    /**
     * Generation of the topic whose partition has a directory.
     *
     * @param partition of {@link #partitions()}.
     * @return its topic id; null if the directory is gone.
     * @throws IOException      if it cannot be read.
     * @throws JournalException if it is malformed.
     */
    public UUID topicId(final PartitionKey partition) throws IOException
    {
        return PartitionFiles.readMetadata(directory(partition.topic(), partition.partition()));
    }

    private Path directory(final String topic, final int partition)
    {
        return path.resolve(topic + "-" + partition);
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
