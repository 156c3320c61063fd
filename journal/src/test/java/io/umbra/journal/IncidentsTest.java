package io.umbra.journal;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class IncidentsTest
{
    private static final UUID ID = new UUID(1, 2);
    private static final UUID NO_ID = new UUID(0, 0);

    @TempDir
    private Path dir;
    private Incidents incidents;

    @BeforeEach
    void setUp()
    {
        incidents = new Incidents(dir);
    }

    private static Incident divergence(final long toOffset, final long timeMs, final String text)
    {
        return new Incident(Incident.Kind.DIVERGENCE, "orders", ID, 0, 10, toOffset, timeMs, text);
    }

    private static Incident deleted(final String topic)
    {
        return new Incident(Incident.Kind.TOPIC_DELETED, topic, NO_ID, -1, -1, -1, 5, "deleted");
    }

    @Test
    void theSameIncidentIsOneAndAnotherAtTheSamePlaceStandsBesideIt() throws IOException
    {
        incidents.add(divergence(20, 1, "epoch 3"));
        incidents.add(divergence(20, 2, "epoch 3"));
        incidents.add(divergence(20, 3, "epoch 4"));
        incidents.add(divergence(30, 4, "epoch 4"));
        assertEquals(
            List.of(divergence(20, 2, "epoch 3"), divergence(20, 3, "epoch 4"), divergence(30, 4, "epoch 4")),
            incidents.open());
    }

    @Test
    void topicsWithoutAnIdHaveIncidentsOfTheirOwn() throws IOException
    {
        incidents.add(deleted("orders"));
        incidents.add(deleted("audit"));
        assertEquals(2, incidents.open().size());
    }

    @Test
    void whatIsAcknowledgedIsStillKnown() throws IOException
    {
        assertFalse(incidents.isKnown(divergence(20, 1, "epoch 3")));
        incidents.add(divergence(20, 1, "epoch 3"));
        incidents.add(divergence(20, 2, "epoch 4"));
        assertTrue(incidents.isKnown(divergence(20, 7, "epoch 3")));
        assertEquals(List.of(divergence(20, 1, "epoch 3")),
            incidents.acknowledge((incident) -> "epoch 3".equals(incident.text())));
        assertEquals(List.of(divergence(20, 2, "epoch 4")), incidents.open());
        assertTrue(incidents.isKnown(divergence(20, 7, "epoch 3")));
        assertFalse(incidents.isKnown(divergence(20, 7, "epoch 5")));
    }
}
