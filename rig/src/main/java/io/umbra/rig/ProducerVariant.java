package io.umbra.rig;

import java.util.List;
import java.util.stream.Stream;

/**
 * One kind of producer in a {@link Workload}; each runs on a thread of its own.
 *
 * @param codec none, gzip, snappy, lz4 or zstd.
 * @param mode  what the producer promises.
 */
public record ProducerVariant(String codec, Mode mode)
{
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    /** What a producer promises. */
    public enum Mode
    {
        /** acks=1, no producer id: batches carry no sequence numbers. */
        PLAIN,
        /** acks=all with a producer id and sequence numbers. */
        IDEMPOTENT,
        /** Transactions, some of which are aborted. */
        TRANSACTIONAL
    }

    /** Every codec in every mode: fifteen producers. */
    public static List<ProducerVariant> all()
    {
        return CODECS.stream()
            .flatMap((codec) -> Stream.of(Mode.values()).map((mode) -> new ProducerVariant(codec, mode)))
            .toList();
    }

    /** Every codec once, every mode at least once: five producers. */
    public static List<ProducerVariant> mixed()
    {
        return List.of(
            new ProducerVariant("none", Mode.PLAIN),
            new ProducerVariant("gzip", Mode.TRANSACTIONAL),
            new ProducerVariant("snappy", Mode.IDEMPOTENT),
            new ProducerVariant("lz4", Mode.TRANSACTIONAL),
            new ProducerVariant("zstd", Mode.IDEMPOTENT));
    }
}
