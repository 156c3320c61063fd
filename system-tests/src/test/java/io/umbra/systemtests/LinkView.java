package io.umbra.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.io.UncheckedIOException;

/** One partition after the other of a link's status, each as of now. */
final class LinkView
{
    private static final ObjectMapper JSON = new ObjectMapper();
    private final LinkConfig link;

    LinkView(final LinkConfig link)
    {
        this.link = link;
    }

    JsonNode read()
    {
        try
        {
            return StatusView.of(link).document();
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
