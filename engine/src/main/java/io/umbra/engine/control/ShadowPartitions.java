package io.umbra.engine.control;

import io.umbra.engine.source.FetchAssignment;
import io.umbra.engine.source.LeaderQuestion;
import io.umbra.engine.source.SourceTopology;
import io.umbra.engine.source.TokenBucket;
import io.umbra.journal.Incident;
import io.umbra.journal.PartitionKey;
import io.umbra.journal.Promotion;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What the control plane asks of the engine. Called on the control thread, where blocking is allowed, unless said
 * otherwise.
 */
public interface ShadowPartitions
{
    /**
     * The source has named its cluster.
     *
     * @param clusterId of the source.
     * @throws io.umbra.journal.JournalException if the journal belongs to another cluster.
     */
    void bindCluster(String clusterId);

    /**
     * Whether the journal has never seen its source before, so that {@code start.offset} applies.
     *
     * @return true until the first discovery is done.
     */
    boolean isNewJournal();

    /**
     * Give a partition its row and its shard.
     *
     * @param topic     name of the topic.
     * @param topicId   its id.
     * @param partition number within the topic.
     * @return index of the partition while the engine runs.
     * @throws IOException if the partition table cannot grow.
     */
    int add(String topic, UUID topicId, int partition) throws IOException;

    /**
     * What the journal holds, whether the source has it or not.
     *
     * @return topic id of each partition that has a log.
     * @throws IOException if the journal cannot be read; try again later.
     */
    Map<PartitionKey, UUID> journaled() throws IOException;

    /**
     * Give a partition of the journal that the source does not list its row.
     *
     * @param topic     name of the topic.
     * @param topicId   its id in the journal.
     * @param partition number within the topic.
     * @return index of the partition while the engine runs.
     * @throws IOException if the partition table cannot grow.
     */
    int addJournaled(String topic, UUID topicId, int partition) throws IOException;

    /**
     * Open the partition's log, which recovers it. May be called for several partitions at once, from several threads.
     *
     * @param partitionIndex from {@link #add}.
     * @return where the log ends.
     * @throws IOException                       if the disk does not allow it; try again later.
     * @throws io.umbra.journal.JournalException if what is there belongs to something else.
     */
    LogEnd open(int partitionIndex) throws IOException;

    /**
     * Give an empty log its first offset.
     *
     * @param partitionIndex of an open, empty log.
     * @param offset         first offset to be journaled.
     * @throws IOException if the disk does not allow it; try again later.
     */
    void startAt(int partitionIndex, long offset) throws IOException;

    /**
     * A partition has no first offset yet.
     *
     * @param partitionIndex from {@link #add}.
     * @param reason         one line.
     */
    void startUnknown(int partitionIndex, String reason);

    /**
     * Begin to shadow: to the JournalAgent first, then to the FetchAgent of the partition's shard.
     *
     * @param assignment what to fetch, from where.
     */
    void begin(FetchAssignment assignment);

    /**
     * A partition could not be opened.
     *
     * @param partitionIndex from {@link #add}.
     * @param reason         one line.
     * @param isFault        true if it will not help to try again.
     */
    void openFailed(int partitionIndex, String reason, boolean isFault);

    /**
     * An earlier generation of a topic (KIP-516), which a stale broker may still speak of.
     *
     * @param topicId of it.
     * @return true if it was retired.
     */
    boolean isRetired(UUID topicId);

    /**
     * Shadow a partition no longer: its log is closed, and put aside or deleted. Blocks until that is done.
     *
     * @param partitionIndex from {@link #add}; may not be used again.
     * @param reason         one line.
     * @param isDeleted      true to delete what there is of it, false to keep it under {@code retired/}.
     * @return false if it could not be done now; try again.
     */
    boolean retire(int partitionIndex, String reason, boolean isDeleted);

    /**
     * The shadow of partitions has taken over: nothing more is fetched, what has come is journaled, and their logs are
     * closed for good. Blocks until that is done.
     *
     * @param partitionIndexes from {@link #add}, of partitions that have begun or not.
     * @param promotion        that says so.
     * @return false if it could not be done now; try again.
     */
    boolean promote(List<Integer> partitionIndexes, Promotion promotion);

    /**
     * Something happened to a topic of which the operator should know.
     *
     * @param kind    of the event.
     * @param topic   name.
     * @param topicId of the topic that it happened to.
     * @param text    one line.
     */
    void incident(Incident.Kind kind, String topic, UUID topicId, String text);

    /**
     * Whether the operator was told of an incident, by this run of the engine or an earlier one.
     *
     * @param kind    of the event.
     * @param topic   name.
     * @param topicId of the topic that it happened to.
     * @param text    one line.
     * @return true if he was, with the same words.
     */
    boolean isIncidentKnown(Incident.Kind kind, String topic, UUID topicId, String text);

    /**
     * Fetch a partition or not.
     *
     * @param partitionIndex of a partition that has begun.
     * @param isWanted       whether the operator wants it; false: its position is kept.
     */
    void wanted(int partitionIndex, boolean isWanted);

    /**
     * Limit the rate of a partition.
     *
     * @param partitionIndex of a partition that has begun.
     * @param bucket         that it shares with others; null for no limit.
     */
    void limit(int partitionIndex, TokenBucket bucket);

    /**
     * Limit the rate of the link.
     *
     * @param bytesPerSecond at least 1; 0 for what the configuration says.
     */
    void linkRate(long bytesPerSecond);

    /**
     * Whether the operator has stopped the link as a whole.
     *
     * @param isPaused true if all partitions are stopped.
     */
    void linkPaused(boolean isPaused);

    /**
     * The leader has nothing at what a FetchAgent asked for.
     *
     * @param asked      by the FetchAgent.
     * @param nextOffset that the leader has.
     */
    void offsetsLost(LeaderQuestion asked, long nextOffset);

    /**
     * Offsets that are missing in a partition need no explanation: its topic is compacted, or may be.
     *
     * @param asked by the FetchAgent.
     */
    void gapsExpected(LeaderQuestion asked);

    /**
     * Where the source's log begins.
     *
     * @param asked          by the FetchAgent.
     * @param logStartOffset of the leader and of all who may lead after it.
     */
    void logStart(LeaderQuestion asked, long logStartOffset);

    /**
     * The leader's log ends below what a FetchAgent asked for.
     *
     * @param asked       by the FetchAgent.
     * @param leaderEpoch largest of the leader at or below that of the last batch; -1 if it has none.
     * @param endOffset   of that epoch at the leader.
     */
    void diverged(LeaderQuestion asked, int leaderEpoch, long endOffset);

    /**
     * Whether the source still lists the partition's topic under the same id.
     *
     * @param partitionIndex from {@link #add}.
     * @param isListed       false if it was deleted, or the credentials may see it no longer.
     */
    void listed(int partitionIndex, boolean isListed);

    /**
     * Fresh metadata, for all agents.
     *
     * @param topology nodes and leaders.
     */
    void topology(SourceTopology topology);

    /**
     * The source answers, or does not.
     *
     * @param reason null if it answers, else one line.
     */
    void sourceAvailable(String reason);

    /**
     * The engine cannot go on.
     *
     * @param cause with a message for the operator.
     */
    void fatal(RuntimeException cause);

    /**
     * The first discovery is done: all partitions known so far have begun.
     */
    void discovered();

    /**
     * Where a recovered log ends.
     *
     * @param endOffset next offset to be journaled.
     * @param lastEpoch leader epoch of the last batch, or -1.
     * @param isEmpty   whether there is no batch and no start offset yet.
     */
    record LogEnd(long endOffset, int lastEpoch, boolean isEmpty)
    {
    }
}
