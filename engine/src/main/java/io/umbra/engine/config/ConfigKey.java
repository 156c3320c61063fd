package io.umbra.engine.config;

/**
 * The keys of the configuration file and their defaults, as they would be written in the file. {@code source.*} stands
 * beside them: any setting of a Kafka client.
 */
public enum ConfigKey
{
    /** Name of the link: in metrics, logs and directories. Required. */
    LINK_NAME("link.name", null),
    /** Where the source cluster is. Required. */
    SOURCE_BOOTSTRAP_SERVERS("source.bootstrap.servers", null),
    /** Topics to shadow: comma-separated regular expressions for the whole name. */
    TOPICS_INCLUDE("topics.include", ".*"),
    /** Topics to leave out, even if included: Kafka's internal topics unless told otherwise. */
    TOPICS_EXCLUDE("topics.exclude", TopicFilter.INTERNAL_TOPICS),
    /** How often to look for new topics, partitions and configurations. */
    TOPICS_REFRESH_INTERVAL_MS("topics.refresh.interval.ms", "5000"),
    /** Groups whose offsets are kept: comma-separated regular expressions for the whole id. */
    GROUPS_INCLUDE("groups.include", ".*"),
    /** Groups to leave out, even if included. */
    GROUPS_EXCLUDE("groups.exclude", ""),
    /** How often groups and their offsets are read. */
    GROUPS_SYNC_INTERVAL_MS("groups.sync.interval.ms", "5000"),
    /** Whether access rules are read. */
    ACLS_SYNC("acls.sync", "true"),
    /** How often access rules are read. */
    ACLS_SYNC_INTERVAL_MS("acls.sync.interval.ms", "30000"),
    /** Whether client quotas are read. */
    QUOTAS_SYNC("quotas.sync", "true"),
    /** How often client quotas are read. */
    QUOTAS_SYNC_INTERVAL_MS("quotas.sync.interval.ms", "30000"),
    /** Whether SCRAM users are listed. */
    SCRAM_SYNC("scram.sync", "true"),
    /** How often SCRAM users are listed. */
    SCRAM_SYNC_INTERVAL_MS("scram.sync.interval.ms", "30000"),
    /** Where the first copy of a partition begins. */
    START_OFFSET("start.offset", "earliest"),
    /** Directory of the journal, one per node. Required. */
    JOURNAL_DIR("journal.dir", null),
    /** Size at which a new segment begins. */
    JOURNAL_SEGMENT_BYTES("journal.segment.bytes", "1073741824"),
    /** When journaled bytes are forced to the disk. */
    JOURNAL_FLUSH("journal.flush", "interval:100"),
    /** Below this much free space the engine waits instead of writing. */
    JOURNAL_MIN_FREE_BYTES("journal.min.free.bytes", "64MiB"),
    /** How much of a log's tail is checked byte by byte at start, besides what was not known durable. */
    JOURNAL_RECOVERY_CHECK_BYTES("journal.recovery.check.bytes", "4MiB"),
    /** Least size of a write that goes to the device past the page cache; 0: none does. */
    JOURNAL_DIRECT_WRITE_BYTES("journal.direct.write.bytes", "256KiB"),
    /** How many partitions have their files open at once. */
    JOURNAL_OPEN_PARTITIONS("journal.open.partitions", "auto"),
    /** What happens to records that the source has dropped. */
    RETENTION("retention", "mirror"),
    /** What happens to the shadow of a topic that the source has deleted. */
    ON_TOPIC_DELETE("on.topic.delete", "keep"),
    /** What happens to a partition that the source has truncated. */
    ON_DIVERGENCE("on.divergence", "branch"),
    /** Pairs of fetch and journal agents. */
    SHARDS("shards", "auto"),
    /** How agents are put onto threads. */
    THREADING("threading", "auto"),
    /** What an agent does that has nothing to do. */
    IDLE("idle", "backoff"),
    /** Bytes of one fetch response. */
    FETCH_MAX_BYTES("fetch.max.bytes", "16MiB"),
    /** Bytes of one partition in a fetch response. */
    FETCH_PARTITION_MAX_BYTES("fetch.partition.max.bytes", "4MiB"),
    /** Bytes for which a broker holds a fetch back. */
    FETCH_MIN_BYTES("fetch.min.bytes", "1"),
    /** Longest time for which a broker holds a fetch back. */
    FETCH_MAX_WAIT_MS("fetch.max.wait.ms", "500"),
    /** Receive buffers of one shard. */
    FETCH_BUFFER_BYTES("fetch.buffer.bytes", "64MiB"),
    /** Most bytes per second that the link takes from the source. */
    RATE_LIMIT_BYTES_PER_SECOND("rate.limit.bytes.per.second", "none"),
    /** Length of a term of a shard's IPC stream; a stream has three. */
    SHARD_TERM_LENGTH("shard.term.length", "16MiB"),
    /** Directory of the embedded media driver. */
    AERON_DIR("aeron.dir", ""),
    /** How often a ledger begins a new file. */
    LEDGER_ROLL("ledger.roll", "hourly"),
    /** Size of one shard's ledger; the oldest files go first. */
    LEDGER_MAX_BYTES("ledger.max.bytes", "1GiB"),
    /** Whether the flight recorder runs. */
    ARCHIVE_ENABLED("archive.enabled", "false"),
    /** Directory of the flight recorder. */
    ARCHIVE_DIR("archive.dir", ""),
    /** Size of the flight recorder's recordings. */
    ARCHIVE_MAX_BYTES("archive.max.bytes", "10GiB"),
    /** Address for Prometheus. */
    METRICS_LISTEN("metrics.listen", "off"),
    /** Where events go, and in which form. */
    EVENTS_LOG("events.log", "text"),
    /** How often the source's end offsets are sampled for the lag. */
    LAG_SAMPLE_INTERVAL_MS("lag.sample.interval.ms", "100"),
    /** Whether sealed segments are read again. */
    SCRUB_ENABLED("scrub.enabled", "false"),
    /** Whether they are compared with the source, too. */
    SCRUB_SOURCE("scrub.source", "true"),
    /** Most bytes per second that are read for it, from the disk and from the source each. */
    SCRUB_RATE_BYTES_PER_SECOND("scrub.rate.bytes.per.second", "10MiB"),
    /** From the end of a pass to the beginning of the next. */
    SCRUB_INTERVAL_MS("scrub.interval.ms", "86400000"),
    /** How often the journal's checkpoint files are written. */
    CHECKPOINT_INTERVAL_MS("checkpoint.interval.ms", "5000");

    /** What the keys of the source's client settings begin with. */
    public static final String SOURCE_PREFIX = "source.";

    private final String key;
    private final String defaultValue;

    ConfigKey(final String key, final String defaultValue)
    {
        this.key = key;
        this.defaultValue = defaultValue;
    }

    /**
     * The key as in the file.
     *
     * @return the key.
     */
    public String key()
    {
        return key;
    }

    /**
     * What holds when the file does not have the key.
     *
     * @return the value as it would be written; null when the key is required, empty when it follows from other keys.
     */
    public String defaultValue()
    {
        return defaultValue;
    }
}
