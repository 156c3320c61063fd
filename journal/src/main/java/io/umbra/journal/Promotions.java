package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.UUID;

/**
 * The promotions of a journal: a file each, <code>promoted/&lt;cluster id&gt;.properties</code>. An engine that runs
 * sees a new one within a fraction of a second, closes the logs of its topics for good, and says so in the partition
 * table. To take a promotion back, remove its file while no engine runs. Any thread, and any process.
 */
public final class Promotions
{
    private static final String DIRECTORY = "promoted";
    private static final String SUFFIX = ".properties";
    private static final String TOPIC_PREFIX = "topic.";

    private final Path directory;

    /**
     * Nothing is created before the first promotion.
     *
     * @param journalDir of the journal.
     */
    public Promotions(final Path journalDir)
    {
        directory = journalDir.resolve(DIRECTORY);
    }

    /**
     * Where a promotion is written down.
     *
     * @param clusterId of the new cluster.
     * @return path of the file, which need not exist.
     */
    public Path file(final String clusterId)
    {
        return directory.resolve(clusterId + SUFFIX);
    }

    /**
     * Write a promotion down, durably: from here on the link does not write to its topics.
     *
     * @param promotion that begins.
     * @throws IOException if it cannot be written.
     */
    public void add(final Promotion promotion) throws IOException
    {
        final StringBuilder text = new StringBuilder();
        PropertiesText.append(text, "cluster.id", promotion.clusterId());
        PropertiesText.append(text, "time.ms", Long.toString(promotion.timeMs()));
        PropertiesText.append(text, "target", promotion.target().toString());
        PropertiesText.append(text, "whole.link", Boolean.toString(promotion.isWholeLink()));
        int number = 0;
        for (final Promotion.Topic topic : promotion.topics())
        {
            PropertiesText.append(
                text, TOPIC_PREFIX + number++, PartitionFiles.encode(topic.id()) + " " + topic.name());
        }
        Files.createDirectories(directory);
        AtomicFile.forceDirectory(SegmentFiles.SYSTEM, directory.toAbsolutePath().getParent());
        AtomicFile.write(
            SegmentFiles.SYSTEM, file(promotion.clusterId()),
            ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)), true);
    }

    /**
     * Take a promotion back that came to nothing.
     *
     * @param clusterId of the cluster that does not come to be.
     * @throws IOException if the file cannot be removed.
     */
    public void remove(final String clusterId) throws IOException
    {
        if (Files.deleteIfExists(file(clusterId)))
        {
            AtomicFile.forceDirectory(SegmentFiles.SYSTEM, directory);
        }
    }

    /**
     * All promotions.
     *
     * @return the oldest first.
     * @throws IOException if one cannot be read; the message names the file.
     */
    public List<Promotion> list() throws IOException
    {
        final List<Promotion> promotions = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX))
        {
            for (final Path file : files)
            {
                promotions.add(read(file));
            }
        }
        catch (final NoSuchFileException ex)
        {
            return promotions;
        }
        promotions.sort(Comparator.comparingLong(Promotion::timeMs));
        return promotions;
    }

    /**
     * The promotion that took a topic over.
     *
     * @param promotions of the journal.
     * @param topic      name.
     * @param topicId    its id; zero if the source has no topic ids.
     * @return null if none did.
     */
    public static Promotion of(final List<Promotion> promotions, final String topic, final UUID topicId)
    {
        return promotions.stream().filter((promotion) -> promotion.covers(topic, topicId)).findFirst().orElse(null);
    }

    private static Promotion read(final Path file) throws IOException
    {
        final Properties properties = PropertiesText.read(file);
        try
        {
            final List<Promotion.Topic> topics = new ArrayList<>();
            String topic;
            while ((topic = properties.getProperty(TOPIC_PREFIX + topics.size())) != null)
            {
                final String[] words = topic.split(" ", 2);
                topics.add(new Promotion.Topic(words[1], PartitionFiles.decode(words[0])));
            }
            return new Promotion(
                PropertiesText.value(properties, "cluster.id"),
                Long.parseLong(PropertiesText.value(properties, "time.ms")),
                Path.of(PropertiesText.value(properties, "target")),
                Boolean.parseBoolean(PropertiesText.value(properties, "whole.link")),
                topics);
        }
        catch (final IllegalArgumentException | ArrayIndexOutOfBoundsException ex)
        {
            throw new IOException(file + " is malformed: " + ex.getMessage(), ex);
        }
    }
}
