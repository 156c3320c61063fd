package io.umbra.engine.status;

import java.util.List;
import java.util.Map;

/**
 * What {@code umbra status} tells, field by field as in its JSON document. Numbers that are not known are -1, texts
 * null.
 *
 * @param link             name of the link.
 * @param engine           {@code running} or {@code stopped}.
 * @param state            of the link; of a stopped engine the last one.
 * @param clusterId        of the source, or null.
 * @param uptimeMs         milliseconds since the engine's start, 0 when it is stopped.
 * @param bytesPerSecond   journaled of late, 0 when the engine is stopped.
 * @param recordsPerSecond journaled of late, 0 when the engine is stopped.
 * @param lag              of the link as a whole.
 * @param rpoMs            recovery point objective as measured since the engine's start.
 * @param lagBytes         that are missing, by the mean length of the records that each partition journaled since the
 *                         start; -1 when it is not known of every partition that lacks records.
 * @param rpo              the same as rpoMs and more: by window of time, and by the source's own timestamps.
 * @param topics           by name.
 * @param incidents        what happened at the source and nobody has acknowledged, the oldest first.
 * @param metadata         what else of the source is kept, a row for each task that reads it.
 * @param scrub            how the reading again of sealed segments goes.
 * @param recorder         whether the streams are recorded.
 */
public record StatusReport(
    String link,
    String engine,
    LinkState state,
    String clusterId,
    long uptimeMs,
    long bytesPerSecond,
    long recordsPerSecond,
    Lag lag,
    Rpo rpoMs,
    long lagBytes,
    RpoDetails rpo,
    List<Topic> topics,
    List<Incident> incidents,
    List<Metadata> metadata,
    Scrub scrub,
    Recorder recorder)
{
    static final String RUNNING = "running";
    static final String STOPPED = "stopped";

    /**
     * How far the shadow is behind the source.
     *
     * @param records that the source has and the journal has not, over all partitions; -1 when none is known to be
     *                missing but not every partition could be asked for.
     * @param ms      age of the oldest of them, in milliseconds; -1 likewise.
     */
    public record Lag(long records, long ms)
    {
    }

    /**
     * How old records were when they became part of the journal, in milliseconds.
     *
     * @param p50  median.
     * @param p99  99th percentile.
     * @param p999 99.9th percentile.
     * @param max  largest.
     */
    public record Rpo(double p50, double p99, double p999, double max)
    {
    }

    /**
     * How old records were when they became part of the journal, by window of time.
     *
     * @param method        how it was measured: {@code sampled}, from asking a leader for its high watermark until the
     *                      journal was past the answer, an upper bound for every topic.
     * @param lastMinute    of the last minute; nothing of a stopped engine.
     * @param lastHour      of the last hour; nothing of a stopped engine.
     * @param sinceStart    since the engine's start.
     * @param logAppendTime by the timestamps that the source gave the records, for topics with LogAppendTime; null
     *                      where nothing was measured so.
     */
    public record RpoDetails(
        String method,
        RpoSummary lastMinute,
        RpoSummary lastHour,
        RpoSummary sinceStart,
        RpoWindows logAppendTime)
    {
    }

    /**
     * One measure by window of time.
     *
     * @param lastMinute of the last minute; nothing of a stopped engine.
     * @param lastHour   of the last hour; nothing of a stopped engine.
     * @param sinceStart since the engine's start.
     */
    public record RpoWindows(RpoSummary lastMinute, RpoSummary lastHour, RpoSummary sinceStart)
    {
    }

    /**
     * Something that the operator should know of.
     *
     * @param kind       such as {@code GAP}.
     * @param topic      name of the topic.
     * @param partition  number within the topic; -1 if it concerns the topic as a whole.
     * @param fromOffset first offset concerned.
     * @param toOffset   the offset behind the last one concerned.
     * @param time       when it was noticed, in ISO 8601.
     * @param text       one line for people.
     */
    public record Incident(
        String kind, String topic, int partition, long fromOffset, long toOffset, String time, String text)
    {
    }

    /**
     * A task that reads metadata of the source.
     *
     * @param task         {@code topics}, {@code groups}, {@code acls}, {@code quotas} or {@code scram}.
     * @param state        {@code OK}, {@code FAULTED}, {@code DISABLED}, {@code UNSUPPORTED}, or {@code WAITING} before
     *                     the first look of this run.
     * @param lastComplete end of the last look that was complete, in ISO 8601, or null when there was none.
     * @param counts       how many of each there are.
     * @param error        what is wrong or missing, or null.
     */
    public record Metadata(
        String task, String state, String lastComplete, Map<String, Integer> counts, String error)
    {
    }

    /**
     * How the reading again of sealed segments goes.
     *
     * @param state         {@code DISABLED}, {@code WAITING} for the next pass, {@code RUNNING}, or {@code STOPPED}
     *                      with the engine.
     * @param pass          number of the current or else the last pass over this journal, 0 before the first.
     * @param partition     that the pass has come to, as {@code topic-partition}; null between passes.
     * @param progressBytes of sealed segments that the pass has read.
     * @param totalBytes    of sealed segments when the pass began.
     * @param comparedBytes that the pass has compared with the source.
     * @param lastCompleted end of the last pass that came to its end, in ISO 8601, or null when there was none.
     * @param findings      that a pass came upon and none has found gone since; the first ones only when there are
     *                      many.
     * @param moreFindings  beyond those.
     * @param error         what the pass had to leave out, and why; null if nothing.
     */
    public record Scrub(
        String state,
        long pass,
        String partition,
        long progressBytes,
        long totalBytes,
        long comparedBytes,
        String lastCompleted,
        List<ScrubFinding> findings,
        long moreFindings,
        String error)
    {
        /** Sealed segments are not read again. */
        public static final String DISABLED = "DISABLED";
        /** For the next pass. */
        public static final String WAITING = "WAITING";
        /** A pass is under way. */
        public static final String RUNNING = "RUNNING";
        /** It will go on when the engine runs. */
        public static final String STOPPED = "STOPPED";

        static final Scrub NEVER = new Scrub(DISABLED, 0, null, 0, 0, 0, null, List.of(), 0, null);

        /**
         * The same in another state.
         *
         * @param newState of it.
         * @return a copy.
         */
        public Scrub in(final String newState)
        {
            return new Scrub(newState, pass, partition, progressBytes, totalBytes, comparedBytes, lastCompleted,
                findings, moreFindings, error);
        }
    }

    /**
     * Something that is wrong with a sealed segment.
     *
     * @param kind       {@code CORRUPT}, {@code UNREADABLE}, {@code CHANGED}; {@code CONTENT}, {@code MISSING} and
     *                   {@code EXTRA} in comparison with the source.
     * @param topic      name of the topic.
     * @param partition  number within the topic.
     * @param offset     first offset concerned.
     * @param lastOffset last offset concerned.
     * @param segment    name of the file.
     * @param position   in it, in bytes; -1 when the file does not hold what it should.
     * @param time       when it was found first, in ISO 8601.
     * @param text       one line for people.
     */
    public record ScrubFinding(
        String kind,
        String topic,
        int partition,
        long offset,
        long lastOffset,
        String segment,
        long position,
        String time,
        String text)
    {
        /**
         * Whether it is the same finding, whenever it was made.
         *
         * @param other to compare with.
         * @return true if only the time differs, if anything.
         */
        public boolean isSame(final ScrubFinding other)
        {
            return equals(new ScrubFinding(other.kind, other.topic, other.partition, other.offset, other.lastOffset,
                other.segment, other.position, time, other.text));
        }
    }

    /**
     * The flight recorder.
     *
     * @param state {@code OFF}, {@code RECORDING}, or {@code STOPPED} when it should record and does not.
     * @param dir   of its archive, or null when it is not enabled.
     * @param since when that state began, in ISO 8601, or null if no engine has run.
     * @param error why it has stopped, or null.
     */
    public record Recorder(String state, String dir, String since, String error)
    {
        /** It is not enabled, or the engine has ended. */
        public static final String OFF_STATE = "OFF";
        /** Every stream is recorded. */
        public static final String RECORDING = "RECORDING";
        /** Nothing is recorded until the engine is started anew. */
        public static final String STOPPED = "STOPPED";

        static final Recorder OFF = new Recorder(OFF_STATE, null, null, null);
    }

    /**
     * A topic.
     *
     * @param name       of the topic.
     * @param id         of the topic, in Kafka's form.
     * @param state      of the topic: {@link TopicState#FAULTED} when one of its partitions is.
     * @param partitions by number.
     */
    public record Topic(String name, String id, TopicState state, List<Partition> partitions)
    {
    }

    /**
     * A partition.
     *
     * @param partition           number within the topic.
     * @param shard               that it belongs to.
     * @param leader              id of the source broker from which it is fetched.
     * @param leaderEpoch         as the source's metadata says.
     * @param logStartOffset      first offset of the log.
     * @param endOffset           next offset to be journaled.
     * @param durableOffset       offset below which everything is on the disk.
     * @param lastStableOffset    offset below which every transaction is decided.
     * @param sourceHighWatermark as sampled.
     * @param lagRecords          records that the source has and the journal has not.
     * @param lagMs               age of the oldest of them, in milliseconds.
     * @param lagBytes            their length by the mean of what was journaled since the start; -1 if nothing was.
     * @param rpoMs               how old records were when they became part of the journal, as sampled since the start;
     *                            with many partitions some seconds old.
     * @param state               the worse one of the states of fetching and of the journal.
     * @param error               what is wrong, or null.
     */
    public record Partition(
        int partition,
        int shard,
        int leader,
        int leaderEpoch,
        long logStartOffset,
        long endOffset,
        long durableOffset,
        long lastStableOffset,
        long sourceHighWatermark,
        long lagRecords,
        long lagMs,
        long lagBytes,
        RpoSummary rpoMs,
        String state,
        String error)
    {
    }

    /** Whether the engine runs. */
    boolean isRunning()
    {
        return RUNNING.equals(engine);
    }

    /** Number of partitions over all topics. */
    int partitionCount()
    {
        return topics.stream().mapToInt((topic) -> topic.partitions().size()).sum();
    }
}
