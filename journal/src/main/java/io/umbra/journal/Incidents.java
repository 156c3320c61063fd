package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * The incidents of a journal: a small file each, under <code>incidents/</code>,
 * <code>&lt;kind&gt;-&lt;topic id&gt;-&lt;partition&gt;-&lt;first offset&gt;-&lt;digest&gt;.properties</code>, moved to
 * <code>incidents/acknowledged/</code> when the operator has taken note. The digest is of all else that is said, but
 * for the time: the same incident written again replaces the earlier file, another one at the same place stands beside
 * it. Any thread, and, to list and acknowledge, any process.
 */
public final class Incidents
{
    private static final String DIRECTORY = "incidents";
    private static final String ACKNOWLEDGED = "acknowledged";
    private static final String SUFFIX = ".properties";

    private final Path directory;
    private final Consumer<Incident> onAdded;

    /**
     * Nothing is created before the first incident.
     *
     * @param journalDir of the journal.
     */
    public Incidents(final Path journalDir)
    {
        this(journalDir, (incident) -> {});
    }

    /**
     * Nothing is created before the first incident.
     *
     * @param journalDir of the journal.
     * @param onAdded    told of each incident that was written, on the thread that wrote it.
     */
    public Incidents(final Path journalDir, final Consumer<Incident> onAdded)
    {
        directory = journalDir.resolve(DIRECTORY);
        this.onAdded = onAdded;
    }

    /**
     * Write an incident down, durably.
     *
     * @param incident that happened.
     * @throws IOException if it cannot be written.
     */
    public void add(final Incident incident) throws IOException
    {
        final StringBuilder text = describe(incident);
        PropertiesText.append(text, "time.ms", Long.toString(incident.timeMs()));
        Files.createDirectories(directory);
        AtomicFile.write(
            SegmentFiles.SYSTEM, directory.resolve(fileName(incident)),
            ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)), true);
        onAdded.accept(incident);
    }

    /**
     * Whether an incident was written down before, at whatever time, and acknowledged or not.
     *
     * @param incident that may have been.
     * @return true if it was.
     */
    public boolean isKnown(final Incident incident)
    {
        final String fileName = fileName(incident);
        return Files.exists(directory.resolve(fileName)) ||
            Files.exists(directory.resolve(ACKNOWLEDGED).resolve(fileName));
    }

    /**
     * Those that nobody has acknowledged.
     *
     * @return the oldest first.
     * @throws IOException if one cannot be read; the message names the file.
     */
    public List<Incident> open() throws IOException
    {
        return new ArrayList<>(openFiles().values());
    }

    private Map<Path, Incident> openFiles() throws IOException
    {
        final List<Map.Entry<Path, Incident>> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX))
        {
            for (final Path file : files)
            {
                final Incident incident = readUnlessGone(file);
                if (incident != null)
                {
                    found.add(Map.entry(file, incident));
                }
            }
        }
        catch (final NoSuchFileException ex)
        {
            return Map.of();
        }
        found.sort(Comparator.comparingLong((entry) -> entry.getValue().timeMs()));
        final Map<Path, Incident> incidents = new LinkedHashMap<>();
        found.forEach((entry) -> incidents.put(entry.getKey(), entry.getValue()));
        return incidents;
    }

    /**
     * The operator has taken note.
     *
     * @param which of the open ones.
     * @return those that are acknowledged now.
     * @throws IOException if one cannot be moved; the others may be.
     */
    public List<Incident> acknowledge(final Predicate<Incident> which) throws IOException
    {
        final List<Incident> acknowledged = new ArrayList<>();
        for (final Map.Entry<Path, Incident> open : openFiles().entrySet())
        {
            if (which.test(open.getValue()))
            {
                final Path target = directory.resolve(ACKNOWLEDGED).resolve(open.getKey().getFileName());
                Files.createDirectories(target.getParent());
                Files.move(
                    open.getKey(), target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                acknowledged.add(open.getValue());
            }
        }
        return acknowledged;
    }

    private static Incident readUnlessGone(final Path file) throws IOException
    {
        try
        {
            final Properties properties = PropertiesText.read(file);
            return new Incident(
                Incident.Kind.valueOf(PropertiesText.value(properties, "kind")),
                PropertiesText.value(properties, "topic"),
                PartitionFiles.decode(PropertiesText.value(properties, "topic.id")),
                Integer.parseInt(PropertiesText.value(properties, "partition")),
                Long.parseLong(PropertiesText.value(properties, "from.offset")),
                Long.parseLong(PropertiesText.value(properties, "to.offset")),
                Long.parseLong(PropertiesText.value(properties, "time.ms")),
                PropertiesText.value(properties, "text"));
        }
        catch (final NoSuchFileException ex)
        {
            // Acknowledged meanwhile.
            return null;
        }
        catch (final IllegalArgumentException ex)
        {
            throw new IOException(file + " is malformed: " + ex.getMessage(), ex);
        }
    }

    /** All but the time. */
    private static StringBuilder describe(final Incident incident)
    {
        final StringBuilder text = new StringBuilder();
        PropertiesText.append(text, "kind", incident.kind().name());
        PropertiesText.append(text, "topic", incident.topic());
        PropertiesText.append(text, "topic.id", PartitionFiles.encode(incident.topicId()));
        PropertiesText.append(text, "partition", Integer.toString(incident.partition()));
        PropertiesText.append(text, "from.offset", Long.toString(incident.fromOffset()));
        PropertiesText.append(text, "to.offset", Long.toString(incident.toOffset()));
        PropertiesText.append(text, "text", incident.text());
        return text;
    }

    private static String fileName(final Incident incident)
    {
        final CRC32C digest = new CRC32C();
        digest.update(describe(incident).toString().getBytes(StandardCharsets.UTF_8));
        return String.format("%s-%s-%d-%d-%08x%s", incident.kind(), PartitionFiles.encode(incident.topicId()),
            incident.partition(), incident.fromOffset(), digest.getValue(), SUFFIX);
    }
}
