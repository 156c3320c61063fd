package io.umbra.systemtests;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A promoted cluster under the tools that an operator has at hand: Kafka's own, and kcat. */
class PromotionToolsTest
{
    private static final String TOPIC = "orders";
    private static final String GROUP = "billing";
    private static final String CONSOLE_CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer";
    private static final long TOOL_TIMEOUT_S = 120;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    private int runs;

    private List<String> tool(final List<String> input, final String mainClass, final String... arguments)
        throws Exception
    {
        return run(input, StockTools.command(mainClass, arguments));
    }

    private List<String> run(final List<String> input, final List<String> command) throws Exception
    {
        final Path in = Files.write(dir.resolve("tool-" + runs + ".in"), input);
        final Path out = dir.resolve("tool-" + runs + ".out");
        final Path err = dir.resolve("tool-" + runs + ".err");
        runs++;
        final Process process = new ProcessBuilder(command)
            .redirectInput(in.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        try
        {
            assertTrue(process.waitFor(TOOL_TIMEOUT_S, TimeUnit.SECONDS), command::toString);
            assertEquals(0, process.exitValue(), () -> command + "\n" + text(out) + text(err));
        }
        finally
        {
            process.destroyForcibly();
        }
        return Files.readAllLines(out);
    }

    private static String text(final Path file)
    {
        try
        {
            return Files.readString(file);
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }

    private static List<String> orders(final int from, final int to)
    {
        return IntStream.range(from, to).mapToObj((i) -> "order " + i).toList();
    }

    private LinkConfig link(final KafkaCluster source) throws Exception
    {
        return new LinkConfig(dir).source(source).set("groups.sync.interval.ms", "200");
    }

    private void shadow(final KafkaCluster source, final LinkConfig link, final long committed) throws Exception
    {
        try (EngineProcess engine = new EngineLauncher(dir).start(link.write()))
        {
            engine.awaitReady();
            Shadowed.assertIdentical(source, link);
            Await.until(() -> MetadataHistory.read(link.journalDir(), Long.MAX_VALUE).groupOffsets().stream()
                .anyMatch((offset) -> GROUP.equals(offset.groupId()) && committed == offset.offset()),
                engine::stderrTail);
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
    }

    @Test
    void theConsoleToolsGoOnWhereTheyWere() throws Exception
    {
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source")));
            PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
        {
            source.admin().createTopics(List.of(new NewTopic(TOPIC, 1, (short)1))).all().get();
            tool(orders(0, 300), "org.apache.kafka.tools.ConsoleProducer",
                "--bootstrap-server", source.bootstrapServers(), "--topic", TOPIC);
            assertEquals(orders(0, 100), tool(List.of(), CONSOLE_CONSUMER,
                "--bootstrap-server", source.bootstrapServers(), "--topic", TOPIC, "--group", GROUP,
                "--from-beginning", "--max-messages", "100"));
            final LinkConfig link = link(source);
            shadow(source, link, 100);
            final UmbraCommand.Result result = node.promote(link.write());
            assertEquals(0, result.exit(), result::toString);
            node.start();
            final String servers = node.bootstrapServers();

            assertTrue(tool(List.of(), "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                "--bootstrap-server", servers, "--describe", "--group", GROUP).stream()
                .anyMatch((line) -> line.matches(GROUP + " +" + TOPIC + " +0 +100 +300 +200 .*")));
            assertEquals(List.of(TOPIC + ":0:300"), tool(List.of(), "org.apache.kafka.tools.GetOffsetShell",
                "--bootstrap-server", servers, "--topic", TOPIC));
            assertTrue(tool(List.of(), "org.apache.kafka.tools.TopicCommand",
                "--bootstrap-server", servers, "--describe", "--topic", TOPIC).stream()
                .anyMatch((line) -> line.contains("Leader: 1")));
            tool(orders(300, 320), "org.apache.kafka.tools.ConsoleProducer",
                "--bootstrap-server", servers, "--topic", TOPIC);
            assertEquals(orders(100, 320), tool(List.of(), CONSOLE_CONSUMER,
                "--bootstrap-server", servers, "--topic", TOPIC, "--group", GROUP, "--max-messages", "220"));
        }
    }

    @Test
    void kcatGoesOnWhereItWas() throws Exception
    {
        Assumptions.assumeTrue(Stream.of(System.getenv("PATH").split(":"))
            .anyMatch((folder) -> Files.isExecutable(Path.of(folder, "kcat"))), "kcat is not installed");
        try (KafkaCluster source = KafkaCluster.launch(new KafkaCluster.Context().baseDir(dir.resolve("source")));
            PromotedNode node = new PromotedNode(dir.resolve("promoted"), 1))
        {
            source.admin().createTopics(List.of(new NewTopic(TOPIC, 1, (short)1))).all().get();
            run(orders(0, 300), List.of("kcat", "-b", source.bootstrapServers(), "-P", "-t", TOPIC));
            assertEquals(orders(0, 100), run(List.of(), List.of("kcat", "-b", source.bootstrapServers(), "-q",
                "-c", "100", "-X", "auto.offset.reset=earliest", "-G", GROUP, TOPIC)));
            final LinkConfig link = link(source);
            shadow(source, link, 100);
            final UmbraCommand.Result result = node.promote(link.write());
            assertEquals(0, result.exit(), result::toString);
            node.start();
            run(orders(300, 320), List.of("kcat", "-b", node.bootstrapServers(), "-P", "-t", TOPIC));
            assertEquals(orders(100, 320), run(List.of(), List.of("kcat", "-b", node.bootstrapServers(), "-q",
                "-c", "220", "-G", GROUP, TOPIC)));
        }
    }
}
