package io.umbra.engine.config;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class UmbraConfigTest
{
    private static final Set<String> CLIENT_SETTINGS = Set.of(
        "bootstrap.servers", "security.protocol", "sasl.jaas.config", "ssl.truststore.password", "client.rack");
    private static final String REQUIRED =
        "link.name=east\nsource.bootstrap.servers=localhost:9092\njournal.dir=/tmp/journal\n";

    @TempDir
    private Path dir;

    @Test
    void defaultsAreThoseOfTheContract()
    {
        final UmbraConfig config = load(REQUIRED);

        assertEquals("east", config.linkName());
        assertEquals("localhost:9092", config.bootstrapServers());
        assertEquals(dir.resolve("umbra.properties"), config.file());
        assertTrue(config.topics().matches("orders"));
        assertFalse(config.topics().matches("__consumer_offsets"));
        assertFalse(config.topics().matches("__transaction_state"));
        assertEquals(5000, config.topicsRefreshIntervalMs());
        assertTrue(config.groups().matches("any group"));
        assertEquals(5000, config.groupsSyncIntervalMs());
        assertTrue(config.aclsSync() && config.quotasSync() && config.scramSync());
        assertEquals(30_000, config.aclsSyncIntervalMs());
        assertEquals(30_000, config.quotasSyncIntervalMs());
        assertEquals(30_000, config.scramSyncIntervalMs());
        assertEquals(StartOffset.Kind.EARLIEST, config.startOffset().kind());
        assertEquals(Path.of("/tmp/journal"), config.journalDir());
        assertEquals(1 << 30, config.journalSegmentBytes());
        assertEquals(new FlushPolicy(FlushPolicy.Mode.INTERVAL, 100), config.journalFlush());
        assertEquals(64L << 20, config.journalMinFreeBytes());
        assertEquals(4L << 20, config.journalRecoveryCheckBytes());
        assertTrue(config.journalOpenPartitions() > 0);
        assertTrue(config.retention().isMirror());
        assertEquals(OnTopicDelete.KEEP, config.onTopicDelete());
        assertEquals(OnDivergence.BRANCH, config.onDivergence());
        assertEquals(Runtime.getRuntime().availableProcessors(), config.shards());
        assertEquals(Threading.AUTO, config.threading());
        assertEquals(Idle.BACKOFF, config.idle());
        assertEquals(16 << 20, config.fetchMaxBytes());
        assertEquals(4 << 20, config.fetchPartitionMaxBytes());
        assertEquals(1, config.fetchMinBytes());
        assertEquals(500, config.fetchMaxWaitMs());
        assertEquals(64L << 20, config.fetchBufferBytes());
        assertTrue(config.rateLimitBytesPerSecond().isEmpty());
        assertEquals(16 << 20, config.shardTermLength());
        assertTrue(config.aeronDir().getFileName().toString().matches("umbra-east-[0-9a-f]{8}"));
        assertEquals(LedgerRoll.HOURLY, config.ledgerRoll());
        assertEquals(1L << 30, config.ledgerMaxBytes());
        assertFalse(config.archiveEnabled());
        assertEquals(Path.of("/tmp/journal/archive"), config.archiveDir());
        assertEquals(10L << 30, config.archiveMaxBytes());
        assertTrue(config.metricsListen().isEmpty());
        assertEquals(new EventsLog(EventsLog.Form.TEXT, null), config.eventsLog());
        assertEquals(100, config.lagSampleIntervalMs());
        assertEquals(5000, config.checkpointIntervalMs());
    }

    @Test
    void everyKeyIsRead()
    {
        final UmbraConfig config = load(REQUIRED + """
            topics.include=a.*, b{1,2}
            topics.exclude=ab
            topics.refresh.interval.ms=1000
            groups.include=billing.*
            groups.exclude=.*-test
            groups.sync.interval.ms=100
            acls.sync=false
            acls.sync.interval.ms=200
            quotas.sync=false
            quotas.sync.interval.ms=300
            scram.sync=false
            scram.sync.interval.ms=400
            start.offset=timestamp:2026-11-23T10:00:00Z
            journal.segment.bytes=1MiB
            journal.flush=commit
            journal.min.free.bytes=0
            journal.recovery.check.bytes=8 KiB
            retention=keep:7d
            on.topic.delete=mirror
            on.divergence=halt
            shards=3
            threading=paired
            idle=spin
            fetch.max.bytes=1MiB
            fetch.partition.max.bytes=65536
            fetch.min.bytes=100
            fetch.max.wait.ms=20
            fetch.buffer.bytes=2MiB
            rate.limit.bytes.per.second=10MiB
            shard.term.length=64KiB
            aeron.dir=/tmp/driver
            ledger.roll=minutely
            ledger.max.bytes=16MiB
            archive.enabled=true
            archive.dir=/tmp/archive
            archive.max.bytes=1GiB
            metrics.listen=127.0.0.1:9404
            events.log=json:/tmp/events.jsonl
            lag.sample.interval.ms=50
            checkpoint.interval.ms=200
            """);

        assertTrue(config.topics().matches("bb"));
        assertTrue(config.topics().matches("ax"));
        assertFalse(config.topics().matches("ab"));
        assertFalse(config.topics().matches("xa"));
        assertEquals(1000, config.topicsRefreshIntervalMs());
        assertTrue(config.groups().matches("billing-7"));
        assertFalse(config.groups().matches("billing-test"));
        assertFalse(config.groups().matches("other"));
        assertEquals(100, config.groupsSyncIntervalMs());
        assertFalse(config.aclsSync() || config.quotasSync() || config.scramSync());
        assertEquals(200, config.aclsSyncIntervalMs());
        assertEquals(300, config.quotasSyncIntervalMs());
        assertEquals(400, config.scramSyncIntervalMs());
        assertEquals(new StartOffset(StartOffset.Kind.TIMESTAMP, 1_795_428_000_000L), config.startOffset());
        assertEquals(1 << 20, config.journalSegmentBytes());
        assertEquals(FlushPolicy.Mode.COMMIT, config.journalFlush().mode());
        assertEquals(0, config.journalMinFreeBytes());
        assertEquals(8192, config.journalRecoveryCheckBytes());
        assertEquals(7 * 86_400_000L, config.retention().keepMs());
        assertEquals(OnTopicDelete.MIRROR, config.onTopicDelete());
        assertEquals(OnDivergence.HALT, config.onDivergence());
        assertEquals(3, config.shards());
        assertEquals(Threading.PAIRED, config.threading());
        assertEquals(Idle.SPIN, config.idle());
        assertEquals(1 << 20, config.fetchMaxBytes());
        assertEquals(65_536, config.fetchPartitionMaxBytes());
        assertEquals(100, config.fetchMinBytes());
        assertEquals(20, config.fetchMaxWaitMs());
        assertEquals(2L << 20, config.fetchBufferBytes());
        assertEquals(10L << 20, config.rateLimitBytesPerSecond().orElseThrow());
        assertEquals(65_536, config.shardTermLength());
        assertEquals(Path.of("/tmp/driver"), config.aeronDir());
        assertEquals(LedgerRoll.MINUTELY, config.ledgerRoll());
        assertEquals(16L << 20, config.ledgerMaxBytes());
        assertTrue(config.archiveEnabled());
        assertEquals(Path.of("/tmp/archive"), config.archiveDir());
        assertEquals(1L << 30, config.archiveMaxBytes());
        assertEquals(9404, config.metricsListen().orElseThrow().getPort());
        assertEquals("127.0.0.1", config.metricsListen().orElseThrow().getHostString());
        assertEquals(new EventsLog(EventsLog.Form.TEXT, Path.of("/tmp/events.jsonl")), config.eventsLog());
        assertEquals(50, config.lagSampleIntervalMs());
        assertEquals(200, config.checkpointIntervalMs());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "link.name|a b",
        "link.name|../x",
        "source.bootstrap.servers|localhost",
        "source.bootstrap.servers|localhost:9092,,x:1",
        "topics.include|a(",
        "topics.exclude|*",
        "topics.refresh.interval.ms|5s",
        "topics.refresh.interval.ms|0",
        "start.offset|yesterday",
        "start.offset|timestamp:2026-11-23",
        "journal.segment.bytes|2GiB",
        "journal.segment.bytes|-1",
        "journal.flush|interval:0",
        "journal.flush|interval",
        "journal.flush|interval:soon",
        "journal.min.free.bytes|lots",
        "journal.recovery.check.bytes|4MB",
        "journal.open.partitions|0",
        "journal.open.partitions|few",
        "retention|keep:",
        "retention|keep:7 days",
        "retention|keep:0s",
        "retention|keep:99999999999999d",
        "on.topic.delete|delete",
        "on.divergence|follow",
        "shards|0",
        "shards|257",
        "shards|many",
        "threading|DEDICATED",
        "idle|park",
        "fetch.max.bytes|1023",
        "fetch.partition.max.bytes|99999999999999999999",
        "fetch.min.bytes|-1",
        "fetch.max.wait.ms|300001",
        "fetch.buffer.bytes|16777215",
        "rate.limit.bytes.per.second|0",
        "shard.term.length|1000000",
        "shard.term.length|2GiB",
        "ledger.roll|weekly",
        "ledger.max.bytes|9007199254740992GiB",
        "archive.enabled|yes",
        "events.log|xml",
        "events.log|json:",
        "groups.include|(",
        "groups.sync.interval.ms|0",
        "acls.sync|maybe",
        "quotas.sync.interval.ms|99",
        "scram.sync|1",
        "archive.max.bytes|1",
        "metrics.listen|9404",
        "metrics.listen|host:port",
        "metrics.listen|host:65536",
        "lag.sample.interval.ms|1",
        "checkpoint.interval.ms|",
    })
    void aValueThatIsNotAllowedIsNamedInOneLine(final String key, final String value)
    {
        final String text = null == value ? "" : value;
        final String others = REQUIRED.replaceFirst("(?m)^" + key.replace(".", "\\.") + "=.*\n", "");
        final ConfigException ex = refused(others + key + "=" + text + "\n");

        assertEquals(key, ex.key());
        final String expected = "umbra.properties: key '" + key + "' has value '" + text + "': allowed is ";
        assertTrue(ex.getMessage().contains(expected), ex.getMessage());
        assertEquals(1, ex.getMessage().lines().count());
    }

    @ParameterizedTest
    @CsvSource({"link.name", "source.bootstrap.servers", "journal.dir"})
    void aRequiredKeyMayNotBeMissingOrEmpty(final String key)
    {
        final String others = REQUIRED.replaceFirst("(?m)^" + key.replace(".", "\\.") + "=.*\n", "");

        assertTrue(refused(others).getMessage().contains("key '" + key + "' is missing"));
        assertTrue(refused(others + key + "=  \n").getMessage().contains("key '" + key + "' has value"));
    }

    @Test
    void anUnknownKeyIsRefusedWithTheNearestKnownOne()
    {
        final String message = refused(REQUIRED + "topics.inclde=.*\n").getMessage();

        assertTrue(message.contains("key 'topics.inclde' has value '.*': there is no such key"), message);
        assertTrue(message.contains("did you mean 'topics.include'?"), message);
        assertTrue(refused(REQUIRED + "source.security.protcol=SSL\n").getMessage()
            .contains("did you mean 'source.security.protocol'?"));
        assertFalse(refused(REQUIRED + "xyz=1\n").getMessage().contains("did you mean"));
    }

    @Test
    void aKeyThatStandsThereTwiceIsRefused()
    {
        assertTrue(refused(REQUIRED + "shards=1\nshards = 2\n").getMessage().contains("key 'shards' has value '2'"));
    }

    @Test
    void sourceSettingsLoseTheirPrefixAndAreNotTrimmed()
    {
        final UmbraConfig config = load(REQUIRED +
            "source.security.protocol=SASL_SSL\n" +
            "source.ssl.truststore.password=a b \n" +
            "source.config.providers.f.class=X\n");

        assertEquals("SASL_SSL", config.source().getProperty("security.protocol"));
        assertEquals("a b ", config.source().getProperty("ssl.truststore.password"));
        assertEquals("X", config.source().getProperty("config.providers.f.class"));
        assertEquals("localhost:9092", config.source().getProperty("bootstrap.servers"));
        config.source().clear();
        assertEquals(4, config.source().size());
    }

    @Test
    void secretsAreNeverShown()
    {
        final UmbraConfig config = load(REQUIRED + "source.sasl.jaas.config=hunter2\nsource.client.rack=r1\n");
        assertFalse(config.toString().contains("hunter2"));
        assertTrue(config.toString().contains("source.sasl.jaas.config=(hidden)"), config.toString());
        assertTrue(config.toString().contains("source.client.rack=r1"), config.toString());

        final ConfigException ex = refused(REQUIRED + "source.ssl.keystore.pasword=hunter2\n");
        assertFalse(ex.getMessage().contains("hunter2"));
        assertTrue(ex.getMessage().contains("has value (hidden)"));
        assertFalse(refused(REQUIRED + "source.sasl.jass.config=hunter2\n").getMessage().contains("hunter2"));
        assertFalse(refused(REQUIRED + "sasl.jass.config=hunter2\n").getMessage().contains("hunter2"));
        final ConfigException twice =
            refused(REQUIRED + "source.sasl.jaas.config=hunter1\nsource.sasl.jaas.config=hunter2\n");
        assertFalse(twice.getMessage().contains("hunter"));
    }

    @Test
    void theReceiveBufferFollowsTheResponseSizeUnlessSet()
    {
        assertEquals(256L << 20, load(REQUIRED + "fetch.max.bytes=128MiB\n").fetchBufferBytes());
        assertEquals("fetch.buffer.bytes",
            refused(REQUIRED + "fetch.max.bytes=128MiB\nfetch.buffer.bytes=64MiB\n").key());
    }

    @Test
    void twoJournalsHaveTwoDrivers()
    {
        assertNotEquals(
            load(REQUIRED).aeronDir(), load(REQUIRED.replace("/tmp/journal", "/tmp/journal2")).aeronDir());
    }

    @Test
    void aValueOfManyLinesGivesOneLine()
    {
        final ConfigException ex = refused(REQUIRED + "idle=a\\nb" + "x".repeat(1000) + "\n");
        assertEquals(1, ex.getMessage().lines().count());
        assertTrue(ex.getMessage().length() < 600);
    }

    @Test
    void filesThatCannotBeReadAreNamed() throws IOException
    {
        final Path missing = dir.resolve("missing.properties");
        assertTrue(assertThrows(ConfigException.class, () -> UmbraConfig.load(missing, CLIENT_SETTINGS))
            .getMessage().startsWith(missing + ": there is no such"));
        assertTrue(assertThrows(ConfigException.class, () -> UmbraConfig.load(dir, CLIENT_SETTINGS))
            .getMessage().startsWith(dir + ": is a directory"));
        final Path latin1 = dir.resolve("latin1.properties");
        Files.write(latin1, "link.name=ä\n".getBytes(StandardCharsets.ISO_8859_1));
        assertTrue(assertThrows(ConfigException.class, () -> UmbraConfig.load(latin1, CLIENT_SETTINGS))
            .getMessage().contains("not UTF-8"));
        assertTrue(refused("link.name=\\u00zz\n").getMessage().contains("malformed"));
    }

    @ParameterizedTest
    @EnumSource(ConfigKey.class)
    void everyKeyIsDocumented(final ConfigKey key) throws IOException
    {
        final Path root = Path.of(System.getProperty("umbra.root"));
        final String manual = Files.readString(root.resolve("docs/configuration.md"));
        assertTrue(manual.contains("`" + key.key() + "`"), key.key());
    }

    private UmbraConfig load(final String text)
    {
        final Path file = dir.resolve("umbra.properties");
        try
        {
            Files.writeString(file, text);
        }
        catch (final IOException ex)
        {
            throw new AssertionError(ex);
        }

        return UmbraConfig.load(file, CLIENT_SETTINGS);
    }

    private ConfigException refused(final String text)
    {
        return assertThrows(ConfigException.class, () -> load(text));
    }
}
