package io.umbra.engine.status;

/**
 * How the age of records was measured that became part of the journal. The order is that of the partition table.
 */
public enum RpoMethod
{
    /**
     * From the moment at which a leader was asked for its high watermark until the journal was past the answer: an
     * upper bound, for every topic, and by one clock only.
     */
    SAMPLED,
    /**
     * From the timestamp that the source put on a record until the journal had it: for topics with
     * {@code message.timestamp.type=LogAppendTime}, as true as the two clocks agree.
     */
    LOG_APPEND_TIME
}
