package io.umbra.engine.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class UmbraTest
{
    @TempDir
    private Path dir;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "|Missing required subcommand",
        "nonsense|'nonsense'",
        "status|CONFIG",
        "run|CONFIG",
        "ledger|CONFIG",
        "verify|CONFIG",
        "status --bogus x|--bogus",
        "status x y|'y'",
        "ledger x --tail many|--tail",
        "ledger x --tail -1|allowed is a number from 0 up",
        "ledger x --link --metadata|allowed is one of them",
        "rpo|CONFIG",
        "rpo x --from yesterday|allowed is a time such as",
        "rpo x --from 1h --to 2h|allowed is a time after that of",
        "rpo x --step 5|allowed is a duration from 1s up",
        "rpo x --from 365d --step 1s|no more than 100000 spans",
        "rpo x --json --csv|--csv",
        "demo --brokers 4|allowed is a number from 1 to 3",
        "demo --seconds 0|allowed is a number from 1 to 3600",
        "demo --seconds soon|--seconds",
        "replay|allowed is",
        "replay list|--archive",
        "replay list --archive /none|option '--archive' has value '/none': allowed is",
        "replay show --archive /none --from noon|option '--from' has value 'noon': allowed is a time such as",
        "replay show --archive /none --topics (|--topics",
        "replay rebuild --archive /none|--into",
        "replay rebuild --archive /none --into /new --speed 2x|has value '2x': allowed is max, 1x or 10x",
        "replay rebuild --archive /none --into /new --as-of noon|option '--as-of' has value 'noon': allowed is",
        "replay rebuild --archive /none --into /proc|option '--into' has value '/proc': allowed is",
        "replay compare --archive /none --journal /missing|option '--journal' has value '/missing': allowed is",
    })
    void usageIsOneLineOnStderrAndExitCode2(final String arguments, final String expected)
    {
        assertEquals(2, execute(null == arguments ? new String[0] : arguments.split(" ")));
        assertEquals(1, err.toString().lines().count(), err.toString());
        assertTrue(err.toString().startsWith("umbra: "), err.toString());
        assertTrue(err.toString().contains(expected), err.toString());
        assertEquals("", out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "status", "verify", "ledger"})
    void aConfigurationThatCannotBeUsedIsOneLineAndExitCode2(final String command) throws IOException
    {
        final Path missing = dir.resolve("missing.properties");
        assertEquals(2, execute(command, missing.toString()));
        assertEquals("umbra: " + missing + ": there is no such configuration file" + System.lineSeparator(),
            err.toString());

        err.getBuffer().setLength(0);
        final Path file = config("idle=never\n");
        assertEquals(2, execute(command, file.toString()));
        assertEquals("umbra: " + file + ": key 'idle' has value 'never': allowed is one of backoff, yield, spin" +
            System.lineSeparator(), err.toString());
        assertEquals("", out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "run --help", "status --help", "verify --help", "ledger --help", "demo --help"})
    void helpIsOnStdout(final String arguments)
    {
        assertEquals(0, execute(arguments.split(" ")));
        assertTrue(out.toString().contains("Usage: umbra"), out.toString());
        assertEquals("", err.toString());
    }

    /** What it does, its options with what they mean, its exit codes, and examples. */
    @Test
    void everyCommandTellsOfItself()
    {
        tellsOfItself(new CommandLine(new Umbra()), List.of());
    }

    private void tellsOfItself(final CommandLine parent, final List<String> path)
    {
        for (final CommandLine command : parent.getSubcommands().values())
        {
            final List<String> names = new ArrayList<>(path);
            names.add(command.getCommandName());
            final List<String> arguments = new ArrayList<>(names);
            arguments.add("--help");
            out.getBuffer().setLength(0);
            assertEquals(0, execute(arguments.toArray(String[]::new)));
            final String name = "umbra " + String.join(" ", names);
            final String help = out.toString();
            for (final String section : new String[]{"Usage: " + name, "Options:", "Exit codes:\n  0 ", "Examples:"})
            {
                assertTrue(help.contains(section), () -> section + " in\n" + help);
            }
            assertTrue(help.substring(help.indexOf("Examples:")).contains(name), help);
            command.getCommandSpec().options().forEach((option) ->
                assertTrue(option.description().length > 0, () -> name + ' ' + option.longestName()));
            tellsOfItself(command, names);
        }
    }

    @Test
    void helpNamesTheCommandsThereAre()
    {
        assertEquals(0, execute("--help"));
        for (final String command : new String[]{"run", "status", "verify", "ledger", "demo"})
        {
            assertTrue(out.toString().lines().anyMatch((line) -> line.strip().startsWith(command + " ")), command);
        }
    }

    @Test
    void versionNamesWhatItIsBuiltOf()
    {
        assertEquals(0, execute("--version"));
        assertTrue(out.toString().matches("(?s)umbra \\d+\\.\\d+.*kafka-clients \\d.*aeron \\d.*chronicle-queue \\d.*"),
            out.toString());
    }

    @Test
    void statusAnswersBeforeTheJournalExists() throws IOException
    {
        assertEquals(0, execute("status", config("").toString(), "--json"));
        final JsonNode document = json(out.toString());
        assertEquals("east", document.get("link").asText());
        assertEquals("stopped", document.get("engine").asText());
        assertEquals("SOURCE_UNAVAILABLE", document.get("state").asText());
        assertEquals(0, document.get("topics").size());
        assertFalse(Files.exists(dir.resolve("journal")));

        out.getBuffer().setLength(0);
        assertEquals(0, execute("status", config("").toString()));
        assertTrue(out.toString().startsWith("link east   engine stopped"), out.toString());
        assertEquals("", err.toString());
    }

    @Test
    void statusThatCannotBeReadIsExitCode1() throws IOException
    {
        final Path table = dir.resolve("journal/status/partition-table.dat");
        Files.createDirectories(table.getParent());
        Files.write(table, new byte[10]);
        assertEquals(1, execute("status", config("").toString(), "--json"));
        assertEquals("", out.toString());
        assertTrue(err.toString().contains("partition-table.dat"), err.toString());
    }

    @Test
    void aLedgerThatDoesNotExistYetIsEmpty() throws IOException
    {
        final PrintStream stdout = System.out;
        final ByteArrayOutputStream captured = new ByteArrayOutputStream();
        System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
        try
        {
            assertEquals(0, execute("ledger", config("").toString(), "--json", "--tail", "5"));
        }
        finally
        {
            System.setOut(stdout);
        }
        assertEquals(0, json(captured.toString(StandardCharsets.UTF_8)).get("entries").size());
    }

    @Test
    void secretsStayOutOfErrors() throws IOException
    {
        assertEquals(2, execute("status", config("source.sasl.jaas.confg=hunter2\n").toString()));
        assertFalse(err.toString().contains("hunter2"));
        assertTrue(err.toString().contains("did you mean 'source.sasl.jaas.config'"), err.toString());
    }

    private Path config(final String more) throws IOException
    {
        final Path file = dir.resolve("umbra.properties");
        Files.writeString(file, "link.name=east\nsource.bootstrap.servers=localhost:1\njournal.dir=" +
            dir.resolve("journal") + "\n" + more);

        return file;
    }

    private int execute(final String... args)
    {
        final CommandLine commandLine = Umbra.prepare(new CommandLine(new Umbra()));
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));

        return commandLine.execute(args);
    }

    private static JsonNode json(final String text) throws JsonProcessingException
    {
        return new ObjectMapper().readTree(text);
    }
}
