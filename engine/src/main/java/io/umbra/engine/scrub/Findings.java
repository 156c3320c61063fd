package io.umbra.engine.scrub;

import io.umbra.engine.status.StatusReport.ScrubFinding;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is known to be wrong, by segment: a segment that was read again has what was found this time, and one that a
 * pass did not come upon any more has nothing. For one thread.
 */
final class Findings
{
    /** So many are told of; the others are counted. */
    static final int MAX_TOLD = 100;

    private final Map<Segment, List<ScrubFinding>> bySegment = new TreeMap<>(
        Comparator.comparing(Segment::topic).thenComparing(Segment::partition).thenComparing(Segment::name));
    private final Set<Segment> seen = new HashSet<>();

    private record Segment(String topic, int partition, String name)
    {
    }

    /**
     * With those that an earlier run had.
     *
     * @param earlier that were told of.
     */
    Findings(final List<ScrubFinding> earlier)
    {
        earlier.forEach((finding) -> bySegment
            .computeIfAbsent(segment(finding), (ignore) -> new ArrayList<>())
            .add(finding));
    }

    /** A pass begins. */
    void begin()
    {
        seen.clear();
    }

    /**
     * A partition was read by the same pass in an earlier run: what was found there stands.
     *
     * @param topic     of the partition.
     * @param partition its number.
     */
    void keep(final String topic, final int partition)
    {
        bySegment.keySet().stream()
            .filter((segment) -> segment.topic().equals(topic) && segment.partition() == partition)
            .forEach(seen::add);
    }

    /**
     * A segment was read.
     *
     * @param topic     of the partition.
     * @param partition its number.
     * @param name      of the segment's file.
     * @param found     what is wrong with it now.
     * @return those that nobody knew of.
     */
    List<ScrubFinding> replace(
        final String topic, final int partition, final String name, final List<ScrubFinding> found)
    {
        final Segment segment = new Segment(topic, partition, name);
        seen.add(segment);
        final List<ScrubFinding> known = bySegment.getOrDefault(segment, List.of());
        final List<ScrubFinding> now = new ArrayList<>();
        final List<ScrubFinding> added = new ArrayList<>();
        for (final ScrubFinding finding : found)
        {
            final ScrubFinding earlier = known.stream().filter(finding::isSame).findFirst().orElse(null);
            now.add(null == earlier ? finding : earlier);
            if (null == earlier)
            {
                added.add(finding);
            }
        }
        if (now.isEmpty())
        {
            bySegment.remove(segment);
        }
        else
        {
            bySegment.put(segment, now);
        }
        return added;
    }

    /** A pass over all segments has come to its end: those that it did not come upon are gone. */
    void end()
    {
        bySegment.keySet().retainAll(seen);
    }

    /** How many there are. */
    int count()
    {
        return bySegment.values().stream().mapToInt(List::size).sum();
    }

    /** The first ones, in the order of topics, partitions and segments. */
    List<ScrubFinding> told()
    {
        return bySegment.values().stream().flatMap(List::stream).limit(MAX_TOLD).toList();
    }

    private static Segment segment(final ScrubFinding finding)
    {
        return new Segment(finding.topic(), finding.partition(), finding.segment());
    }
}
