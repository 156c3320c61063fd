package io.umbra.transport;

/**
 * Where the messages of a shard's stream come from: the stream itself, or a recording of it. One thread.
 */
public interface FrameSource
{
    /**
     * Hand out complete messages.
     *
     * @param handler    of the messages.
     * @param limitBytes after which no further message is begun.
     * @return messages that the handler is done with.
     */
    int poll(FrameHandler handler, int limitBytes);

    /**
     * How far the stream has been consumed.
     *
     * @return position in bytes.
     */
    long position();
}
