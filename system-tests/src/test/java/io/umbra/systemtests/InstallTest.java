package io.umbra.systemtests;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The archive that {@code mvn package} makes, unpacked where nobody may write, and run by an ordinary user who has no
 * home and no Maven.
 */
class InstallTest
{
    private static final int RECORDS = 40;
    private static final String NOBODY = "65534";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;
    /** Where everybody may look, and the ordinary user may write. */
    private Path open;
    private Path installed;

    @BeforeEach
    void install() throws Exception
    {
        final Path archive = archive();
        open = Files.createTempDirectory("umbra-install-");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        execute("tar", "xzf", archive.toString(), "-C", open.toString());
        installed = open.resolve(archive.getFileName().toString().replace(".tar.gz", ""));
        execute("chmod", "-R", "a-w", installed.toString());
    }

    @AfterEach
    void remove() throws Exception
    {
        if (null != open)
        {
            execute("chmod", "-R", "u+w", open.toString());
            execute("rm", "-rf", open.toString());
        }
    }

    private static Path archive() throws IOException
    {
        final Path target = JavaCommand.root().resolve("engine/target");
        assumeTrue(Files.isDirectory(target), "the engine is not packaged");
        try (Stream<Path> files = Files.list(target))
        {
            final List<Path> archives = files.filter((file) -> file.toString().endsWith(".tar.gz")).toList();
            assumeTrue(1 == archives.size(), () -> "mvn package makes one archive, not " + archives);
            return archives.get(0);
        }
    }

    private static String execute(final String... command) throws Exception
    {
        final UmbraCommand.Result result = UmbraCommand.run(List.of(command));
        assertEquals(0, result.exit(), result::toString);
        return result.out();
    }

    /** By the script of the archive, with nothing of this process's environment, nor its rights. */
    private List<String> umbra(final String... arguments)
    {
        final List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name")))
        {
            command.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
        }
        command.addAll(List.of("env", "-i", "PATH=/usr/bin:/bin", "HOME=/nonexistent",
            "JAVA_HOME=" + System.getProperty("java.home"), installed.resolve("bin/umbra").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private String run(final String... arguments) throws Exception
    {
        return execute(umbra(arguments).toArray(String[]::new));
    }

    @Test
    void allOfItRunsFromAReadOnlyDirectoryUnderAnOrdinaryUser() throws Exception
    {
        final Map<Path, Object> before = files();
        assertHolds();
        assertTrue(run("--version").startsWith("umbra "));
        try (KafkaCluster source = KafkaCluster.launch(
            new KafkaCluster.Context().baseDir(dir.resolve("cluster"))))
        {
            source.admin().createTopics(List.of(new NewTopic("orders", 1, (short)1))).all().get();
            SourceRecords.write(source, "orders", 0, RECORDS);
            shadow(source);
        }
        promote();
        assertEquals(before, files());
    }

    private void shadow(final KafkaCluster source) throws Exception
    {
        final String config = config(source).toString();
        try (EngineProcess engine = new EngineProcess(umbra("run", config), dir.resolve("run.err")))
        {
            engine.awaitReady();
            Await.until(() -> RECORDS == new ObjectMapper().readTree(run("status", config, "--json")).get("topics")
                .get(0).get("partitions").get(0).get("durableOffset").asLong(), engine::stderrTail);
            assertTrue(run("verify", config, "--deep").contains("identical: 1 of 1"));
            // The script has become the engine: the signal goes to it alone.
            assertEquals(0, engine.terminate(), engine::stderrTail);
        }
        assertTrue(run("ledger", config).contains("orders"));
    }

    private Path config(final KafkaCluster source) throws IOException
    {
        final Path config = open.resolve("link.properties");
        Files.writeString(config, "link.name=installed-" + ProcessHandle.current().pid() + "\njournal.dir=" +
            open.resolve("journal") + "\nsource.bootstrap.servers=" + source.bootstrapServers() + "\n");
        return config;
    }

    /** The broker that the archive brings along. */
    private void promote() throws Exception
    {
        final PromotedNode node = new PromotedNode(open.resolve("promoted"), 4);
        final List<String> arguments = new ArrayList<>(List.of("promote", "--start"));
        arguments.addAll(node.arguments(open.resolve("link.properties")));
        try (EngineProcess command = new EngineProcess(
            umbra(arguments.toArray(String[]::new)), dir.resolve("promote.err")))
        {
            Await.until(() -> !command.isAlive() || isStarted(command), () -> command.stdout() + command.stderrTail());
            assertTrue(isStarted(command), () -> command.stdout() + command.stderrTail());
            try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of()))
            {
                assertEquals(RECORDS, Reading.all(consumer, "orders").size());
            }
            assertEquals(0, command.terminate(), command::stderrTail);
        }
    }

    private static boolean isStarted(final EngineProcess command)
    {
        return command.stdout().stream().anyMatch((line) -> line.startsWith("started"));
    }

    /** What must be there, and what must not. */
    private void assertHolds() throws Exception
    {
        for (final String file : List.of("README.md", "LICENSE", "NOTICE", "THIRD-PARTY.txt", "docs/operations.md",
            "conf/link.properties", "systemd/umbra@.service", "container/Containerfile", "completion/umbra"))
        {
            assertTrue(Files.isRegularFile(installed.resolve(file)), file);
        }
        final String names = files().keySet().toString();
        assertFalse(names.contains("junit") || names.contains("-tests") || names.contains("jqwik"), names);
        final String third = Files.readString(installed.resolve("THIRD-PARTY.txt"));
        assertFalse(third.contains("io.umbra"), third);
        try (Stream<Path> jars = Files.walk(installed.resolve("lib")))
        {
            jars.map((jar) -> jar.getFileName().toString())
                .filter((name) -> name.endsWith(".jar") && !name.startsWith("umbra-"))
                .map((name) -> name.replaceFirst("(-native)?\\.jar$", "").replaceFirst("-(?=\\d+\\.)", ":"))
                .forEach((artifact) -> assertTrue(third.contains(":" + artifact + " "), () -> artifact + '\n' + third));
        }
        // Completion of bash knows every command.
        final String commands = execute("bash", "-c", ". " + installed.resolve("completion/umbra") +
            "; COMP_WORDS=(umbra p); COMP_CWORD=1; _complete_umbra; echo ${COMPREPLY[@]}");
        assertTrue(commands.contains("promote") && commands.contains("pause"), commands);
        // The examples are configurations as they are.
        for (final String example : List.of("conf/link.properties", "conf/secure-link.properties"))
        {
            execute(umbra("status", installed.resolve(example).toString()).toArray(String[]::new));
        }
    }

    private Map<Path, Object> files() throws IOException
    {
        final Map<Path, Object> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(installed))
        {
            for (final Path file : all.toList())
            {
                files.put(file, Files.getLastModifiedTime(file) + " " + Files.size(file));
            }
        }
        return files;
    }
}
