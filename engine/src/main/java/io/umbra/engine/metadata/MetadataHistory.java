package io.umbra.engine.metadata;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskType;
import io.umbra.journal.ledger.MetadataReader;
import io.umbra.journal.ledger.MetadataState;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * Reads what was known of the source at a time, from a journal's metadata ledger. Read-only, from any process, also
 * while the engine writes.
 */
public final class MetadataHistory
{
    private static final String LEDGER_DIRECTORY = "ledger";
    static final Comparator<GroupOffset> BY_PARTITION = Comparator.comparing(GroupOffset::groupId)
        .thenComparing(GroupOffset::topic)
        .thenComparingInt(GroupOffset::partition);

    private MetadataHistory()
    {
    }

    /**
     * What was known at a time.
     *
     * @param journalDir of the journal.
     * @param asOfTimeNs nanoseconds since 1970; {@link Long#MAX_VALUE} for the latest.
     * @return what was known; nothing at all for a time before {@link #earliestNs}.
     * @throws io.umbra.journal.ledger.LedgerException if the ledger cannot be read; the message names the file.
     */
    public static SourceMetadata read(final Path journalDir, final long asOfTimeNs)
    {
        final MetadataState state = MetadataReader.read(journalDir.resolve(LEDGER_DIRECTORY), asOfTimeNs);
        if (!state.isComplete())
        {
            return new SourceMetadata(asOfTimeNs, new TreeMap<>(), new TreeMap<>(), List.of(), List.of(), List.of(),
                List.of(), Map.of(), Map.of());
        }
        final SortedMap<String, TopicMetadata> topics = new TreeMap<>();
        state.values(MetadataKind.TOPIC).forEach((key, value) -> topics.put(key, MetadataItem.topic(key, value)));
        final SortedMap<String, GroupMetadata> groups = new TreeMap<>();
        state.values(MetadataKind.GROUP).forEach((key, value) -> groups.put(key, MetadataItem.group(key, value)));
        final List<GroupOffset> groupOffsets = list(state, MetadataKind.GROUP_OFFSET, MetadataItem::groupOffset);
        groupOffsets.sort(BY_PARTITION);
        return new SourceMetadata(
            asOfTimeNs,
            topics,
            groups,
            groupOffsets,
            list(state, MetadataKind.ACL, (key, value) -> MetadataItem.acl(key)),
            list(state, MetadataKind.QUOTA, MetadataItem::quota),
            list(state, MetadataKind.SCRAM_USER, MetadataItem::scramUser),
            completeNs(state),
            reasons(state));
    }

    /**
     * The earliest time that {@link #read} can answer for.
     *
     * @param journalDir of the journal.
     * @return nanoseconds since 1970; empty when there is no metadata ledger.
     * @throws io.umbra.journal.ledger.LedgerException if the ledger cannot be read; the message names the file.
     */
    public static OptionalLong earliestNs(final Path journalDir)
    {
        return MetadataReader.earliestNs(journalDir.resolve(LEDGER_DIRECTORY));
    }

    private static <T> List<T> list(
        final MetadataState state, final MetadataKind kind, final BiFunction<String, String, T> decoder)
    {
        final List<T> list = new ArrayList<>();
        state.values(kind).forEach((key, value) -> list.add(decoder.apply(key, value)));
        return list;
    }

    private static Map<MetadataTask, String> reasons(final MetadataState state)
    {
        final Map<MetadataTask, String> reasons = new EnumMap<>(MetadataTask.class);
        for (final MetadataTask task : MetadataTask.values())
        {
            final MetadataState.Round round = state.round(MetadataTaskType.valueOf(task.name()));
            if (null != round && !round.message().isEmpty())
            {
                reasons.put(task, round.message());
            }
        }
        return reasons;
    }

    private static Map<MetadataTask, Long> completeNs(final MetadataState state)
    {
        final Map<MetadataTask, Long> times = new EnumMap<>(MetadataTask.class);
        for (final MetadataTask task : MetadataTask.values())
        {
            final MetadataState.Round round = state.round(MetadataTaskType.valueOf(task.name()));
            if (null != round && round.completeNs() > 0)
            {
                times.put(task, round.completeNs());
            }
        }
        return times;
    }
}
