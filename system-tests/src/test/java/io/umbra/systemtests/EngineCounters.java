package io.umbra.systemtests;

import io.aeron.Aeron;
import org.agrona.concurrent.status.CountersReader;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** The engine's counters as any Aeron tool sees them: by connecting to its media driver from outside. */
final class EngineCounters implements AutoCloseable
{
    private final Aeron aeron;

    EngineCounters(final Path aeronDir)
    {
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(aeronDir.toString()));
    }

    /** Values by label. */
    Map<String, Long> read()
    {
        final Map<String, Long> values = new TreeMap<>();
        final CountersReader reader = aeron.countersReader();
        reader.forEach((counterId, typeId, keyBuffer, label) ->
        {
            if (label.startsWith("umbra "))
            {
                values.put(label, reader.getCounterValue(counterId));
            }
        });
        return values;
    }

    long sum(final Predicate<String> label)
    {
        return read().entrySet().stream()
            .filter((entry) -> label.test(entry.getKey()))
            .mapToLong(Map.Entry::getValue)
            .sum();
    }

    @Override
    public void close()
    {
        aeron.close();
    }
}
