package io.umbra.engine.metrics;

import io.umbra.transport.CounterTypes;

/**
 * A metric that is made of the counters of one type.
 */
enum CounterFamily
{
    FETCHED_BYTES(CounterTypes.FETCHED_BYTES, "umbra_fetched_bytes",
        "Bytes of record batches fetched from a source broker.", true),
    FETCH_RESPONSES(CounterTypes.FETCH_RESPONSES, "umbra_fetch_responses",
        "Fetch responses received from a source broker.", true),
    JOURNALED_BYTES(CounterTypes.JOURNALED_BYTES, "umbra_journaled_bytes", "Bytes journaled.", true),
    JOURNALED_RECORDS(CounterTypes.JOURNALED_RECORDS, "umbra_journaled_records",
        "Records journaled, control records included.", true),
    FAULTED_PARTITIONS(CounterTypes.FAULTED_PARTITIONS, "umbra_faulted_partitions",
        "Partitions that are faulted now.", false),
    BACK_PRESSURE(CounterTypes.BACK_PRESSURE, "umbra_back_pressure_events",
        "Times that a frame could not be offered because the journal was behind.", true),
    DISK_WAITS(CounterTypes.DISK_WAITS, "umbra_disk_waits",
        "Times that the journal waited for room on its disk.", true),
    STALE_FRAMES(CounterTypes.STALE_FRAMES, "umbra_stale_frames",
        "Frames dropped because they did not continue their partition's log.", true),
    BUFFER_WAITS(CounterTypes.BUFFER_WAITS, "umbra_receive_buffer_waits",
        "Fetches that could not start because all receive buffers were in use.", true),
    RECEIVE_BUFFER_PEAK(CounterTypes.RECEIVE_BUFFER_PEAK, "umbra_receive_buffer_peak_bytes",
        "Most bytes of receive buffers held at once.", false),
    FILE_WAITS(CounterTypes.FILE_WAITS, "umbra_file_waits",
        "Times that no file could be closed to open another, because none was durable.", true),
    DIVERGENCES(CounterTypes.DIVERGENCES, "umbra_divergences",
        "Times that a log was cut, or stopped, because the source has another history.", true),
    GAPS(CounterTypes.GAPS, "umbra_gaps", "Times that the source had dropped what the shadow did not have yet.", true),
    RETIRED_PARTITIONS(CounterTypes.RETIRED_PARTITIONS, "umbra_retired_partitions",
        "Partitions that ceased to be shadowed: their topic was deleted or created anew.", true),
    TOPICS_DELETED(CounterTypes.TOPICS_DELETED, "umbra_topics_deleted", "Topics that were deleted at the source.",
        true),
    TOPICS_RECREATED(CounterTypes.TOPICS_RECREATED, "umbra_topics_recreated",
        "Topics that were created anew at the source under their name.", true),
    MAX_DUTY_CYCLE(CounterTypes.MAX_DUTY_CYCLE, "umbra_duty_cycle_max_seconds",
        "Longest duty cycle of an agent since the start.", false),
    LONG_DUTY_CYCLES(CounterTypes.LONG_DUTY_CYCLES, "umbra_long_duty_cycles",
        "Duty cycles of an agent that took longer than 100 ms.", true),
    RECORDER_STATE(CounterTypes.RECORDER_STATE, "umbra_recorder_state",
        "What the flight recorder does: 0 nothing, 1 it records, 2 it has stopped and the log says why.", false),
    RECORDED_BYTES(CounterTypes.RECORDED_BYTES, "umbra_recorded_bytes", "Bytes recorded.", true),
    RECORDER_WAITS(CounterTypes.RECORDER_WAITS, "umbra_recorder_waits",
        "Times that a frame could not be offered because the flight recorder was behind.", true);

    private static final double NS_PER_SECOND = 1e9;

    private final int typeId;
    private final String metric;
    private final String help;
    private final boolean isCounter;

    CounterFamily(final int typeId, final String metric, final String help, final boolean isCounter)
    {
        this.typeId = typeId;
        this.metric = metric;
        this.help = help;
        this.isCounter = isCounter;
    }

    int typeId()
    {
        return typeId;
    }

    /** Name of the metric, without the {@code _total} that counters get. */
    String metric()
    {
        return metric;
    }

    String help()
    {
        return help;
    }

    /** Whether it only ever rises. */
    boolean isCounter()
    {
        return isCounter;
    }

    /** In the unit of the metric. */
    double scaled(final long value)
    {
        return MAX_DUTY_CYCLE == this ? value / NS_PER_SECOND : value;
    }
}
