package io.umbra.engine.source;

/**
 * News for the operator from a thread that must not block or format logs itself. Implementations only hand over.
 */
public interface SourceEvents
{
    /**
     * Something that is good to know.
     *
     * @param message one line.
     */
    void info(String message);

    /**
     * Something that should not be, and is being dealt with.
     *
     * @param message one line.
     */
    void warn(String message);
}
