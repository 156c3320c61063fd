package io.umbra.transport.recording;

import java.io.IOException;

/**
 * An archive or a recording that cannot be read; the message is one line for the operator.
 */
public final class RecordingException extends IOException
{
    private static final long serialVersionUID = 1L;

    /**
     * What is wrong.
     *
     * @param message one line.
     */
    public RecordingException(final String message)
    {
        super(message);
    }
}
