package io.umbra.systemtests;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What cannot work is refused with exit code 2 and one line that says what is wrong. */
class BadInputTest
{
    @TempDir
    private Path dir;

    private LinkConfig link()
    {
        return new LinkConfig(dir).set("source.bootstrap.servers", "127.0.0.1:1");
    }

    private static void assertRefused(final UmbraCommand.Result result, final String... contents)
    {
        assertEquals(2, result.exit(), result::toString);
        assertEquals("", result.out());
        assertEquals(1, result.errorLines().size(), result::toString);
        for (final String content : contents)
        {
            assertTrue(result.err().contains(content), () -> "wants " + content + ": " + result);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "status", "verify", "ledger"})
    void everyCommandWantsAReadableConfiguration(final String command) throws Exception
    {
        final String missing = dir.resolve("missing.properties").toString();
        assertRefused(UmbraCommand.run(command, missing), missing);
        assertRefused(UmbraCommand.run(command, dir.toString()), dir.toString());
        assertRefused(UmbraCommand.run(command), "CONFIG");
    }

    @Test
    void anUnknownCommandOrOptionIsRefused() throws Exception
    {
        assertRefused(UmbraCommand.run("frobnicate"), "frobnicate");
        assertRefused(UmbraCommand.run("run", link().write().toString(), "--frobnicate"), "--frobnicate");
        assertRefused(UmbraCommand.run("ledger", link().write().toString(), "--tail", "some"), "--tail", "some");
        assertEquals(2, UmbraCommand.run().exit());
    }

    @Test
    void anUnknownKeyIsNamedWithTheNearestOne() throws Exception
    {
        final Path config = link().set("fetch.max.byte", "4711").write();
        assertRefused(UmbraCommand.run("run", config.toString()), "fetch.max.byte", "4711", "fetch.max.bytes");
        final Path source = link().set("source.fetch.maximum", "4711").write();
        assertRefused(UmbraCommand.run("run", source.toString()), "source.fetch.maximum");
    }

    @Test
    void aSecretIsNotShown() throws Exception
    {
        final Path config = link().set("source.sasl.jass.config", "user=a password=hunter2;").write();
        final UmbraCommand.Result result = UmbraCommand.run("run", config.toString());
        assertRefused(result, "source.sasl.jass.config");
        final Path password = link().set("source.ssl.keystore.passwort", "hunter2").write();
        final UmbraCommand.Result other = UmbraCommand.run("run", password.toString());
        assertRefused(other, "source.ssl.keystore.passwort");
        assertFalse(other.err().contains("hunter2"), other::toString);
    }

    @Test
    void aKeyThatStandsTwiceIsNamed() throws Exception
    {
        final Path config = link().write();
        Files.writeString(config, "\nshards=1\nshards=2\n", StandardOpenOption.APPEND);
        assertRefused(UmbraCommand.run("run", config.toString()), "shards");
    }

    @ParameterizedTest
    @ValueSource(strings = {"link.name", "source.bootstrap.servers", "journal.dir"})
    void aRequiredKeyIsNamed(final String key) throws Exception
    {
        final Path config = link().without(key).write();
        assertRefused(UmbraCommand.run("run", config.toString()), key);
    }

    @ParameterizedTest
    @CsvSource({
        "journal.flush, sometimes",
        "journal.segment.bytes, 0",
        "start.offset, yesterday",
        "start.offset, timestamp:noon",
        "retention, forever",
        "on.topic.delete, ask",
        "on.divergence, ignore",
        "shards, 0",
        "shards, many",
        "threading, all",
        "idle, sleep",
        "topics.include, [",
        "topics.exclude, (",
        "topics.refresh.interval.ms, -1",
        "fetch.max.bytes, -1",
        "fetch.partition.max.bytes, large",
        "rate.limit.bytes.per.second, fast",
        "archive.enabled, perhaps",
        "metrics.listen, nowhere",
        "source.security.protocol, FTP",
    })
    void aBadValueIsNamedWithWhatIsAllowed(final String key, final String value) throws Exception
    {
        final Path config = link().set(key, value).write();
        assertRefused(UmbraCommand.run("run", config.toString()), key, value);
    }

    @Test
    void anAddressThatCannotBeResolvedIsNamed() throws Exception
    {
        final Path config = link().set("source.bootstrap.servers", "no-such-host.invalid:9092").write();
        assertRefused(UmbraCommand.run("run", config.toString()), "source.bootstrap.servers", "no-such-host.invalid");
    }

    @Test
    void aJournalThatCannotBeMadeIsNamed() throws Exception
    {
        final Path file = Files.writeString(dir.resolve("file"), "in the way");
        final String journal = file.resolve("journal").toString();
        final Path config = link().set("journal.dir", journal).write();
        assertRefused(UmbraCommand.run("run", config.toString()), journal);
    }

    @Test
    void aDirectoryOfSomethingElseIsNotTakenForAJournal() throws Exception
    {
        final Path journal = Files.createDirectory(dir.resolve("photos"));
        Files.writeString(journal.resolve("umbra.properties"), "link.name=another\n");
        final Path config = link().set("journal.dir", journal.toString()).write("link.properties");
        assertRefused(UmbraCommand.run("run", config.toString()), journal.toString());
        assertEquals(List.of("umbra.properties"), List.of(journal.toFile().list((parent, name) ->
            !name.startsWith("."))));
    }

    @Test
    void helpAndVersionAreNoMistakes() throws Exception
    {
        final UmbraCommand.Result help = UmbraCommand.run("--help");
        assertEquals(0, help.exit(), help::toString);
        for (final String command : List.of("run", "status", "verify", "ledger", "demo"))
        {
            assertTrue(help.out().contains(command), help::toString);
        }
        assertEquals(0, UmbraCommand.run("--version").exit());
    }
}
