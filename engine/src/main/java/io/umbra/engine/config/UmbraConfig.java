package io.umbra.engine.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/**
 * The configuration of a link: a Java properties file, read once, checked as a whole. Immutable, so that any thread may
 * read it. Durations are in milliseconds and sizes in bytes, as the names say; relative paths count from the working
 * directory. Values of keys that may hold a secret are never shown.
 */
public final class UmbraConfig
{
    private final Path file;
    private final Map<String, String> source;
    private final String linkName;
    private final TopicFilter topics;
    private final long topicsRefreshIntervalMs;
    private final TopicFilter groups;
    private final long groupsSyncIntervalMs;
    private final boolean aclsSync;
    private final long aclsSyncIntervalMs;
    private final boolean quotasSync;
    private final long quotasSyncIntervalMs;
    private final boolean scramSync;
    private final long scramSyncIntervalMs;
    private final StartOffset startOffset;
    private final Path journalDir;
    private final int journalSegmentBytes;
    private final FlushPolicy journalFlush;
    private final long journalMinFreeBytes;
    private final long journalRecoveryCheckBytes;
    private final int journalDirectWriteBytes;
    private final int journalOpenPartitions;
    private final Retention retention;
    private final OnTopicDelete onTopicDelete;
    private final OnDivergence onDivergence;
    private final int shards;
    private final Threading threading;
    private final Idle idle;
    private final int fetchMaxBytes;
    private final int fetchPartitionMaxBytes;
    private final int fetchMinBytes;
    private final int fetchMaxWaitMs;
    private final long fetchBufferBytes;
    private final OptionalLong rateLimitBytesPerSecond;
    private final int shardTermLength;
    private final Path aeronDir;
    private final LedgerRoll ledgerRoll;
    private final long ledgerMaxBytes;
    private final boolean archiveEnabled;
    private final Path archiveDir;
    private final long archiveMaxBytes;
    private final Optional<InetSocketAddress> metricsListen;
    private final EventsLog eventsLog;
    private final long lagSampleIntervalMs;
    private final long checkpointIntervalMs;
    private final ScrubSettings scrub;

    private UmbraConfig(final Path file, final Map<String, String> source, final ConfigValues values)
    {
        this.file = file;
        this.source = source;
        values.parse(
            ConfigKey.SOURCE_BOOTSTRAP_SERVERS, ConfigForms.BOOTSTRAP_ALLOWED, ConfigForms::parseBootstrapServers);
        linkName = values.parse(ConfigKey.LINK_NAME, ConfigForms.LINK_NAME_ALLOWED, ConfigForms::parseLinkName);
        topics = ConfigForms.names(values, ConfigKey.TOPICS_INCLUDE, ConfigKey.TOPICS_EXCLUDE);
        topicsRefreshIntervalMs = values.millis(ConfigKey.TOPICS_REFRESH_INTERVAL_MS, 100, ConfigForms.DAY_MS);
        groups = ConfigForms.names(values, ConfigKey.GROUPS_INCLUDE, ConfigKey.GROUPS_EXCLUDE);
        groupsSyncIntervalMs = values.millis(ConfigKey.GROUPS_SYNC_INTERVAL_MS, 100, ConfigForms.DAY_MS);
        aclsSync = values.bool(ConfigKey.ACLS_SYNC);
        aclsSyncIntervalMs = values.millis(ConfigKey.ACLS_SYNC_INTERVAL_MS, 100, ConfigForms.DAY_MS);
        quotasSync = values.bool(ConfigKey.QUOTAS_SYNC);
        quotasSyncIntervalMs = values.millis(ConfigKey.QUOTAS_SYNC_INTERVAL_MS, 100, ConfigForms.DAY_MS);
        scramSync = values.bool(ConfigKey.SCRAM_SYNC);
        scramSyncIntervalMs = values.millis(ConfigKey.SCRAM_SYNC_INTERVAL_MS, 100, ConfigForms.DAY_MS);
        startOffset = values.parse(ConfigKey.START_OFFSET, StartOffset.ALLOWED, StartOffset::parse);
        journalDir = values.path(ConfigKey.JOURNAL_DIR, null);
        journalSegmentBytes = (int) values.size(ConfigKey.JOURNAL_SEGMENT_BYTES, 4 * 1024, Integer.MAX_VALUE);
        journalFlush = values.parse(ConfigKey.JOURNAL_FLUSH, FlushPolicy.ALLOWED, FlushPolicy::parse);
        journalMinFreeBytes = values.size(ConfigKey.JOURNAL_MIN_FREE_BYTES, 0, Long.MAX_VALUE);
        journalRecoveryCheckBytes = values.size(ConfigKey.JOURNAL_RECOVERY_CHECK_BYTES, 0, Long.MAX_VALUE);
        journalDirectWriteBytes = (int) values.size(ConfigKey.JOURNAL_DIRECT_WRITE_BYTES, 0, Integer.MAX_VALUE);
        journalOpenPartitions = values.parse(
            ConfigKey.JOURNAL_OPEN_PARTITIONS, ConfigForms.OPEN_PARTITIONS_ALLOWED, ConfigForms::parseOpenPartitions);
        retention = values.parse(ConfigKey.RETENTION, Retention.ALLOWED, Retention::parse);
        onTopicDelete = values.choice(ConfigKey.ON_TOPIC_DELETE, OnTopicDelete.class);
        onDivergence = values.choice(ConfigKey.ON_DIVERGENCE, OnDivergence.class);
        shards = values.parse(ConfigKey.SHARDS, ConfigForms.SHARDS_ALLOWED, ConfigForms::parseShards);
        threading = values.choice(ConfigKey.THREADING, Threading.class);
        idle = values.choice(ConfigKey.IDLE, Idle.class);
        fetchMaxBytes = (int) values.size(ConfigKey.FETCH_MAX_BYTES, 1024, Integer.MAX_VALUE);
        fetchPartitionMaxBytes = (int) values.size(ConfigKey.FETCH_PARTITION_MAX_BYTES, 1024, Integer.MAX_VALUE);
        fetchMinBytes = (int) values.size(ConfigKey.FETCH_MIN_BYTES, 0, Integer.MAX_VALUE);
        fetchMaxWaitMs = (int) values.millis(ConfigKey.FETCH_MAX_WAIT_MS, 0, 300_000);
        fetchBufferBytes = ConfigForms.fetchBufferBytes(values, fetchMaxBytes);
        rateLimitBytesPerSecond = values.parse(
            ConfigKey.RATE_LIMIT_BYTES_PER_SECOND, ConfigForms.RATE_LIMIT_ALLOWED, ConfigForms::parseRateLimit);
        shardTermLength = values.parse(
            ConfigKey.SHARD_TERM_LENGTH, ConfigForms.TERM_LENGTH_ALLOWED, ConfigForms::parseTermLength);
        aeronDir = values.path(ConfigKey.AERON_DIR, ConfigForms.defaultAeronDir(linkName, journalDir));
        ledgerRoll = values.choice(ConfigKey.LEDGER_ROLL, LedgerRoll.class);
        ledgerMaxBytes = values.size(ConfigKey.LEDGER_MAX_BYTES, 1024 * 1024, Long.MAX_VALUE);
        archiveEnabled = values.bool(ConfigKey.ARCHIVE_ENABLED);
        archiveDir = values.path(ConfigKey.ARCHIVE_DIR, journalDir.resolve("archive"));
        archiveMaxBytes = values.size(ConfigKey.ARCHIVE_MAX_BYTES, 1024 * 1024, Long.MAX_VALUE);
        metricsListen = values.parse(
            ConfigKey.METRICS_LISTEN, ConfigForms.METRICS_LISTEN_ALLOWED, ConfigForms::parseListen);
        eventsLog = values.parse(ConfigKey.EVENTS_LOG, EventsLog.ALLOWED, EventsLog::parse);
        lagSampleIntervalMs = values.millis(ConfigKey.LAG_SAMPLE_INTERVAL_MS, 10, 60_000);
        checkpointIntervalMs = values.millis(ConfigKey.CHECKPOINT_INTERVAL_MS, 100, 3_600_000);
        scrub = ScrubSettings.of(values);
    }

    /**
     * Reads and checks a configuration file.
     *
     * @param file           to be read.
     * @param clientSettings the names of settings that the source's Kafka clients know, without {@code source.}.
     * @return the configuration.
     * @throws ConfigException with one line that says what is wrong with the file.
     */
    public static UmbraConfig load(final Path file, final Set<String> clientSettings)
    {
        final Map<String, String> entries = PropertiesFile.read(file);
        try
        {
            final Map<String, String> source = KnownKeys.check(entries, clientSettings);
            return new UmbraConfig(file.toAbsolutePath().normalize(), source, new ConfigValues(entries));
        }
        catch (final ConfigException ex)
        {
            throw ex.in(file);
        }
    }

    /**
     * The file it was read from.
     *
     * @return absolute path.
     */
    public Path file()
    {
        return file;
    }

    /**
     * The settings for the source's Kafka clients: everything that begins with {@code source.}, without that.
     *
     * @return a fresh copy, the caller's to change.
     */
    public Properties source()
    {
        final Properties properties = new Properties();
        source.forEach(properties::setProperty);

        return properties;
    }

    /**
     * Where the source cluster is.
     *
     * @return host:port pairs with commas between.
     */
    public String bootstrapServers()
    {
        return source.get("bootstrap.servers");
    }

    /** Name of the link. */
    public String linkName()
    {
        return linkName;
    }

    /** Which topics are shadowed. */
    public TopicFilter topics()
    {
        return topics;
    }

    /** How often to look for new topics, in milliseconds. */
    public long topicsRefreshIntervalMs()
    {
        return topicsRefreshIntervalMs;
    }

    /** Which groups have their offsets kept, by their ids. */
    public TopicFilter groups()
    {
        return groups;
    }

    /** How often groups and their offsets are read, in milliseconds. */
    public long groupsSyncIntervalMs()
    {
        return groupsSyncIntervalMs;
    }

    /** Whether access rules are read. */
    public boolean aclsSync()
    {
        return aclsSync;
    }

    /** How often access rules are read, in milliseconds. */
    public long aclsSyncIntervalMs()
    {
        return aclsSyncIntervalMs;
    }

    /** Whether client quotas are read. */
    public boolean quotasSync()
    {
        return quotasSync;
    }

    /** How often client quotas are read, in milliseconds. */
    public long quotasSyncIntervalMs()
    {
        return quotasSyncIntervalMs;
    }

    /** Whether SCRAM users are listed. */
    public boolean scramSync()
    {
        return scramSync;
    }

    /** How often SCRAM users are listed, in milliseconds. */
    public long scramSyncIntervalMs()
    {
        return scramSyncIntervalMs;
    }

    /** Where the first copy of a partition begins. */
    public StartOffset startOffset()
    {
        return startOffset;
    }

    /** Directory of the journal; absolute. */
    public Path journalDir()
    {
        return journalDir;
    }

    /** Size at which a new segment begins, in bytes. */
    public int journalSegmentBytes()
    {
        return journalSegmentBytes;
    }

    /** When journaled bytes are forced to the disk. */
    public FlushPolicy journalFlush()
    {
        return journalFlush;
    }

    /** Below this much free space the engine waits, in bytes. */
    public long journalMinFreeBytes()
    {
        return journalMinFreeBytes;
    }

    /** How much of a log's tail is checked at start, in bytes. */
    public long journalRecoveryCheckBytes()
    {
        return journalRecoveryCheckBytes;
    }

    /** Least size of a write that goes to the device past the page cache, in bytes; 0: none does. */
    public int journalDirectWriteBytes()
    {
        return journalDirectWriteBytes;
    }

    /** How many partitions have their files open at once, all shards together. */
    public int journalOpenPartitions()
    {
        return journalOpenPartitions;
    }

    /** What happens to records that the source has dropped. */
    public Retention retention()
    {
        return retention;
    }

    /** What happens to the shadow of a deleted topic. */
    public OnTopicDelete onTopicDelete()
    {
        return onTopicDelete;
    }

    /** What happens to a partition that the source has truncated. */
    public OnDivergence onDivergence()
    {
        return onDivergence;
    }

    /** Pairs of fetch and journal agents: the number of cores when the file says auto. */
    public int shards()
    {
        return shards;
    }

    /** How agents are put onto threads. */
    public Threading threading()
    {
        return threading;
    }

    /** What an agent does that has nothing to do. */
    public Idle idle()
    {
        return idle;
    }

    /** Bytes of one fetch response. */
    public int fetchMaxBytes()
    {
        return fetchMaxBytes;
    }

    /** Bytes of one partition in a fetch response. */
    public int fetchPartitionMaxBytes()
    {
        return fetchPartitionMaxBytes;
    }

    /** Bytes for which a broker holds a fetch back. */
    public int fetchMinBytes()
    {
        return fetchMinBytes;
    }

    /** Longest time for which a broker holds a fetch back, in milliseconds. */
    public int fetchMaxWaitMs()
    {
        return fetchMaxWaitMs;
    }

    /** Receive buffers of one shard, in bytes; at least one response. */
    public long fetchBufferBytes()
    {
        return fetchBufferBytes;
    }

    /** Most bytes per second that the link takes; empty for no limit. */
    public OptionalLong rateLimitBytesPerSecond()
    {
        return rateLimitBytesPerSecond;
    }

    /** Length of a term of a shard's IPC stream, in bytes: a power of two. */
    public int shardTermLength()
    {
        return shardTermLength;
    }

    /** Directory of the embedded media driver; absolute. */
    public Path aeronDir()
    {
        return aeronDir;
    }

    /** How often a ledger begins a new file. */
    public LedgerRoll ledgerRoll()
    {
        return ledgerRoll;
    }

    /** Size of one shard's ledger, in bytes. */
    public long ledgerMaxBytes()
    {
        return ledgerMaxBytes;
    }

    /** Whether the flight recorder runs. */
    public boolean archiveEnabled()
    {
        return archiveEnabled;
    }

    /** Directory of the flight recorder; absolute. */
    public Path archiveDir()
    {
        return archiveDir;
    }

    /** Size of the flight recorder's recordings, in bytes. */
    public long archiveMaxBytes()
    {
        return archiveMaxBytes;
    }

    /** Address for Prometheus, unresolved; empty when off. */
    public Optional<InetSocketAddress> metricsListen()
    {
        return metricsListen;
    }

    /** Where events go, and in which form. */
    public EventsLog eventsLog()
    {
        return eventsLog;
    }

    /** How often the source's end offsets are sampled, in milliseconds. */
    public long lagSampleIntervalMs()
    {
        return lagSampleIntervalMs;
    }

    /** How often the checkpoint files are written, in milliseconds. */
    public long checkpointIntervalMs()
    {
        return checkpointIntervalMs;
    }

    /** How sealed segments are read again. */
    public ScrubSettings scrub()
    {
        return scrub;
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public String toString()
    {
        final Map<String, String> shown = new TreeMap<>();
        source.forEach((name, value) -> shown.put(
            ConfigKey.SOURCE_PREFIX + name, ConfigException.isSecret(name) ? "(hidden)" : value));

        return "UmbraConfig{file=" + file + ", link.name=" + linkName + ", journal.dir=" + journalDir +
            ", topics=" + topics + ", shards=" + shards + ", source=" + shown + "}";
    }
}
