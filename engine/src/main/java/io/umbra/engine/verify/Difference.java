package io.umbra.engine.verify;

/**
 * Something in which shadow and source are not the same.
 *
 * @param kind       of the difference.
 * @param topic      concerned.
 * @param partition  concerned.
 * @param offset     first offset concerned.
 * @param lastOffset last offset concerned.
 * @param text       what differs, for people.
 * @param file       of the shadow that holds the batch; null when it holds none.
 * @param position   of the batch in that file, -1 when there is none.
 */
public record Difference(
    Kind kind, String topic, int partition, long offset, long lastOffset, String text, String file, long position)
{
    /**
     * Kinds of differences.
     */
    public enum Kind
    {
        /** The batches at an offset are not the same. */
        CONTENT,
        /** The shadow's bytes do not match the CRC-32C that they hold themselves. */
        CORRUPT,
        /** The shadow's file holds bytes that are no batch; nothing can be compared up to the last offset. */
        UNREADABLE,
        /** The source holds batches that the shadow lacks, though it holds later ones. */
        MISSING,
        /** The shadow holds batches that the source lacks, though it holds later ones. */
        EXTRA,
        /** The shadow holds offsets at and above the source's high watermark. */
        AHEAD,
        /** The topic at the source is another one with the same name. */
        TOPIC_ID
    }
}
