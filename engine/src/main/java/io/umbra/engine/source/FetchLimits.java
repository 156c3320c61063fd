package io.umbra.engine.source;

/**
 * Limits of a shard's fetch requests.
 *
 * @param maxBytes          of a response; soft, as the protocol has it: the first batch comes whole.
 * @param partitionMaxBytes of one partition in a response; soft likewise.
 * @param minBytes          that a broker waits for.
 * @param maxWaitMs         that it waits at most.
 * @param bufferBytes       budget of receive buffers of the shard.
 * @param rackId            for fetching from followers (KIP-392); empty for leaders only.
 */
public record FetchLimits(
    int maxBytes, int partitionMaxBytes, int minBytes, int maxWaitMs, long bufferBytes, String rackId)
{
    /** Requests by topic name rather than id, for sources that have no ids. */
    static final short LAST_VERSION_WITHOUT_TOPIC_IDS = 12;
    /** The first that tells the broker the epoch of the last batch, so that it can compare histories. */
    static final short FIRST_VERSION_WITH_LAST_EPOCH = 12;
    /** Responses take some bytes beside the records they carry. */
    static final int RESPONSE_OVERHEAD = 1024 * 1024;
    private static final int LEAST_BYTES = 256 * 1024;

    /**
     * What one broker may send at once so that each can have one response in hand and one on its way.
     *
     * @param brokers that lead partitions of this shard.
     * @return bytes.
     */
    int maxBytesPerBroker(final int brokers)
    {
        final long share = bufferBytes / (2L * Math.max(1, brokers)) - RESPONSE_OVERHEAD;
        return (int)Math.max(LEAST_BYTES, Math.min(maxBytes, share));
    }
}
