package io.umbra.transport.recording;

/**
 * What a recording lacks, as found while it was read.
 *
 * @param kind         what it is.
 * @param recordingId  of the recording.
 * @param fromPosition where it begins, in bytes of the stream.
 * @param toPosition   where reading goes on, or would have; not below {@code fromPosition}.
 * @param text         one line for the operator.
 */
public record Finding(Kind kind, long recordingId, long fromPosition, long toPosition, String text)
{
    /** Kinds of findings. */
    public enum Kind
    {
        /** A message that was being recorded when the engine was killed. It was not acted on, or came again. */
        TORN,
        /** Bytes that do not have the checksum they were recorded with, or are no frame. */
        DAMAGED,
        /** A file of the recording is not there. */
        MISSING
    }

    /**
     * Whether recorded data was lost.
     *
     * @return false for what a killed engine leaves behind.
     */
    public boolean isLoss()
    {
        return Kind.TORN != kind;
    }

    @Override
    public String toString()
    {
        return "recording " + recordingId + ", position " + fromPosition + ": " + text;
    }
}
