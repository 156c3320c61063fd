package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import io.umbra.rig.ShadowCheck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** What many tests do with a source that stands still. */
final class Shadowed
{
    private Shadowed()
    {
    }

    /** Runs an engine until the shadow is identical, then stops it. Returns it, for what it said. */
    static EngineProcess catchUp(final EngineLauncher launcher, final KafkaCluster cluster, final LinkConfig link)
        throws Exception
    {
        try (EngineProcess engine = launcher.start(link.write()))
        {
            engine.awaitReady();
            assertIdentical(cluster, link);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            return engine;
        }
    }

    static void assertIdentical(final KafkaCluster cluster, final LinkConfig link)
    {
        assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).run());
    }

    /** Of some of the source's topics. */
    static void assertIdentical(final KafkaCluster cluster, final LinkConfig link, final String... topics)
    {
        assertEquals(List.of(), new ShadowCheck(cluster, link.journalDir()).topics(List.of(topics)).run());
    }

    /** Runs an engine until the shadow of some topics is identical, then stops it. */
    static EngineProcess catchUp(
        final EngineLauncher launcher, final KafkaCluster cluster, final LinkConfig link, final String... topics)
        throws Exception
    {
        try (EngineProcess engine = launcher.start(link.write()))
        {
            engine.awaitReady();
            assertIdentical(cluster, link, topics);
            assertEquals(0, engine.terminate(), engine::stderrTail);
            return engine;
        }
    }

    static void copy(final Path from, final Path to) throws IOException
    {
        try (Stream<Path> files = Files.walk(from))
        {
            for (final Path file : files.toList())
            {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }
}
