package io.umbra.journal;

/**
 * A 64-bit digest of a partition log, chained from batch to batch over base offset, leader epoch, size and CRC-32C, so
 * that it can be computed again from batch headers alone. Two logs with the same digest at the same offset hold the
 * same batches, as far as 64 bits and the batches' own CRCs can tell. It guards against accidents, not against an
 * adversary.
 * <pre>
 *   digest(empty log) = 0
 *   d = mix(d ^ mix(baseOffset + 0x9E3779B97F4A7C15))
 *   d = mix(d ^ mix((leaderEpoch &lt;&lt; 32 | crc) + 0x9E3779B97F4A7C15))
 *   d = mix(d ^ mix(sizeInBytes + 0x9E3779B97F4A7C15))
 * </pre>
 * where mix is the finalizer of SplitMix64 (all arithmetic modulo 2^64, leader epoch and CRC as unsigned 32 bits, size
 * in bytes with the 12 bytes of base offset and length included).
 */
public final class RollingDigest
{
    /** The digest of a log without batches. */
    public static final long SEED = 0L;

    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private RollingDigest()
    {
    }

    /**
     * The digest after one more batch.
     *
     * @param digest      before the batch.
     * @param baseOffset  of the batch.
     * @param leaderEpoch of the batch.
     * @param sizeInBytes of the whole batch.
     * @param crc         that the batch stores.
     * @return the digest after the batch.
     */
    public static long update(
        final long digest, final long baseOffset, final int leaderEpoch, final int sizeInBytes, final int crc)
    {
        long d = fold(digest, baseOffset);
        d = fold(d, ((long)leaderEpoch << 32) | (crc & 0xFFFF_FFFFL));
        return fold(d, sizeInBytes);
    }

    static long update(final long digest, final BatchHeader header)
    {
        return update(digest, header.baseOffset, header.leaderEpoch, header.sizeInBytes(), header.crc);
    }

    private static long fold(final long digest, final long value)
    {
        return mix(digest ^ mix(value + GOLDEN_GAMMA));
    }

    private static long mix(final long value)
    {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
