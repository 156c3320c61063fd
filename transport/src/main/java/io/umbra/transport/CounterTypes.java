package io.umbra.transport;

/**
 * Type ids of Umbra's Aeron counters, in a range of its own so that tools can tell them from Aeron's. The label says
 * the rest: {@code umbra shard 1 broker 3 fetched bytes}.
 */
public final class CounterTypes
{
    /** Bytes of record batches that a shard has fetched from one source broker. */
    public static final int FETCHED_BYTES = 30_001;

    /** Fetch responses that a shard has received from one source broker. */
    public static final int FETCH_RESPONSES = 30_002;

    /** Bytes that a shard has journaled. */
    public static final int JOURNALED_BYTES = 30_003;

    /** Records that a shard has journaled, control records included. */
    public static final int JOURNALED_RECORDS = 30_004;

    /** Partitions of a shard that are faulted. */
    public static final int FAULTED_PARTITIONS = 30_005;

    /** Times that a frame could not be offered because the journal was behind. */
    public static final int BACK_PRESSURE = 30_006;

    /** Times that the journal waited for room on its disk. */
    public static final int DISK_WAITS = 30_007;

    /** Frames that were dropped because they did not continue their partition's log. */
    public static final int STALE_FRAMES = 30_008;

    /** Fetches that could not start because the receive buffers were all in use. */
    public static final int BUFFER_WAITS = 30_009;

    /** Highest number of bytes of receive buffers that a shard has held at once. */
    public static final int RECEIVE_BUFFER_PEAK = 30_010;

    /** Times that the journal could not open a partition's files because those of others had to be flushed first. */
    public static final int FILE_WAITS = 30_011;

    /** Times that a shard's log was cut, or stopped, because the source has another history. */
    public static final int DIVERGENCES = 30_012;

    /** Times that the source had dropped what a shard did not have yet. */
    public static final int GAPS = 30_013;

    /** Partitions of a shard that are not shadowed any more: their topic was deleted or created anew. */
    public static final int RETIRED_PARTITIONS = 30_014;

    /** Longest duty cycle of one of a shard's agents so far, nanoseconds of work. */
    public static final int MAX_DUTY_CYCLE = 30_015;

    /** Duty cycles of one of a shard's agents that took longer than they should. */
    public static final int LONG_DUTY_CYCLES = 30_016;

    /** What the flight recorder does: 0 nothing, 1 it records, 2 it has stopped and the log says why. */
    public static final int RECORDER_STATE = 30_017;

    /** Bytes of a shard's stream that were recorded since the engine's start. */
    public static final int RECORDED_BYTES = 30_018;

    /** Times that a frame could not be offered because the flight recorder was behind, further than the journal. */
    public static final int RECORDER_WAITS = 30_019;

    /** Topics that were deleted at the source. */
    public static final int TOPICS_DELETED = 30_020;

    /** Topics that were created anew at the source under their name. */
    public static final int TOPICS_RECREATED = 30_021;

    private CounterTypes()
    {
    }
}
