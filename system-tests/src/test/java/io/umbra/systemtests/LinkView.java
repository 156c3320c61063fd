package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.status.StatusJson;
import io.umbra.engine.status.StatusReader;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What {@code umbra status --json} would print, without a process for each look. */
final class LinkView
{
    private static final ObjectMapper JSON = new ObjectMapper();
    private final StatusReader reader;

    LinkView(final LinkConfig link)
    {
        reader = new StatusReader(link.journalDir(), link.get("link.name"));
    }

    JsonNode read()
    {
        try
        {
            return JSON.readTree(StatusJson.document(reader.read(System.currentTimeMillis()).report()));
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }

    /** A partition, or an empty document while it is not known. */
    JsonNode partition(final String topic, final int partition)
    {
        for (final JsonNode candidate : read().get("topics"))
        {
            if (topic.equals(candidate.get("name").asText()))
            {
                for (final JsonNode row : candidate.get("partitions"))
                {
                    if (partition == row.get("partition").asInt())
                    {
                        return row;
                    }
                }
            }
        }
        return JSON.createObjectNode();
    }

    long endOffset(final String topic, final int partition)
    {
        return partition(topic, partition).path("endOffset").asLong(-1);
    }

    boolean isActive(final String topic, final int partition)
    {
        return "ACTIVE".equals(partition(topic, partition).path("state").asText());
    }

    String error(final String topic, final int partition)
    {
        return partition(topic, partition).path("error").asText("");
    }
}
