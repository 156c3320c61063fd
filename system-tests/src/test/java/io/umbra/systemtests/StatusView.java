package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.status.StatusJson;
import io.umbra.engine.status.StatusReader;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/** What {@code umbra status --json} says at a moment. */
final class StatusView
{
    private static final ObjectMapper JSON = new ObjectMapper();

    private final JsonNode document;

    private StatusView(final JsonNode document)
    {
        this.document = document;
    }

    /** As of now, without a process for each look. */
    static StatusView of(final Path config) throws Exception
    {
        final Properties link = new Properties();
        try (Reader reader = Files.newBufferedReader(config))
        {
            link.load(reader);
        }
        return of(Path.of(link.getProperty("journal.dir")), link.getProperty("link.name"));
    }

    static StatusView of(final LinkConfig link) throws IOException
    {
        return of(link.journalDir(), link.get("link.name"));
    }

    private static StatusView of(final Path journalDir, final String linkName) throws IOException
    {
        final StatusReader reader = new StatusReader(journalDir, linkName);
        return new StatusView(JSON.readTree(StatusJson.document(reader.read(System.currentTimeMillis()).report())));
    }

    JsonNode document()
    {
        return document;
    }

    /** Asks again until it is so. */
    static StatusView await(final Path config, final Predicate<StatusView> condition) throws Exception
    {
        final StatusView[] last = new StatusView[1];
        Await.until(() ->
        {
            last[0] = of(config);
            return condition.test(last[0]);
        }, () -> String.valueOf(last[0]));
        return last[0];
    }

    String state()
    {
        return document.get("state").asText();
    }

    /** How a task of the metadata sync is; null before it is known. */
    JsonNode metadata(final String task)
    {
        return StreamSupport.stream(document.get("metadata").spliterator(), false)
            .filter((row) -> task.equals(row.get("task").asText()))
            .findFirst()
            .orElse(null);
    }

    /** Of the generation that is listed last. */
    JsonNode topic(final String name)
    {
        JsonNode found = null;
        for (final JsonNode topic : document.get("topics"))
        {
            if (name.equals(topic.get("name").asText()) &&
                (null == found || !"SOURCE_DELETED".equals(topic.get("state").asText())))
            {
                found = topic;
            }
        }
        return found;
    }

    JsonNode partition(final String topic, final int number)
    {
        return topic(topic).get("partitions").get(number);
    }

    long endOffset(final String topic, final int number)
    {
        final JsonNode found = topic(topic);
        return null == found || null == found.get("partitions").get(number) ?
            -1 : found.get("partitions").get(number).get("endOffset").asLong();
    }

    List<JsonNode> incidents(final String kind)
    {
        return StreamSupport.stream(document.get("incidents").spliterator(), false)
            .filter((incident) -> kind.equals(incident.get("kind").asText()))
            .toList();
    }

    @Override
    public String toString()
    {
        return document.toPrettyString();
    }
}
