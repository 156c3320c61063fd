package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.engine.metadata.MetadataItem;
import io.umbra.journal.ledger.MetadataState;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a look at the source has found, beside what is known from before. For the metadata thread.
 */
final class FoundMetadata
{
    private static final int SHOWN_PROBLEMS = 3;

    private final MetadataState known;
    private final Map<MetadataKind, Map<String, String>> values = new EnumMap<>(MetadataKind.class);
    private final List<String> problems = new ArrayList<>();

    FoundMetadata(final MetadataState known)
    {
        this.known = known;
    }

    /** What the ledger has of a kind. */
    SortedMap<String, String> known(final MetadataKind kind)
    {
        return known.values(kind);
    }

    /** The look is to find all of a kind, so that what is not found is gone. */
    void all(final MetadataKind kind)
    {
        of(kind);
    }

    void add(final MetadataItem item)
    {
        of(item.kind()).put(item.key(), item.value());
    }

    /** It could not be seen, or is to be kept though it is gone. */
    void keep(final MetadataKind kind, final String key)
    {
        final String value = known.values(kind).get(key);
        if (null != value)
        {
            of(kind).putIfAbsent(key, value);
        }
    }

    /** The look is not complete. */
    void problem(final String text)
    {
        if (!problems.contains(text))
        {
            problems.add(text);
        }
    }

    Map<MetadataKind, Map<String, String>> values()
    {
        return values;
    }

    boolean isComplete()
    {
        return problems.isEmpty();
    }

    String problems()
    {
        return String.join("; ", problems.subList(0, Math.min(problems.size(), SHOWN_PROBLEMS))) +
            (problems.size() > SHOWN_PROBLEMS ? "; and " + (problems.size() - SHOWN_PROBLEMS) + " more" : "");
    }

    private Map<String, String> of(final MetadataKind kind)
    {
        return values.computeIfAbsent(kind, (ignore) -> new HashMap<>());
    }
}
