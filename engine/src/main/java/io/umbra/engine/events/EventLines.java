package io.umbra.engine.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * Writes events and messages as one line of JSON each, to a stream or to the end of a file. Any thread, one at a time;
 * it may block, so no data thread.
 * <p>
 * A file is opened for each line and closed behind it, so that it can be moved away at any time ({@code logrotate}),
 * and a new one begins.
 */
public final class EventLines
{
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String MESSAGE = "MESSAGE";
    private static final String ERROR = "ERROR";

    private final String link;
    private final PrintStream stream;
    private final Path file;
    private boolean isFailing;

    private EventLines(final String link, final PrintStream stream, final Path file)
    {
        this.link = link;
        this.stream = stream;
        this.file = file;
    }

    /**
     * Lines that go to a stream.
     *
     * @param link   name of the link, which each line carries.
     * @param stream to print to.
     * @return the writer.
     */
    public static EventLines to(final String link, final PrintStream stream)
    {
        return new EventLines(link, stream, null);
    }

    /**
     * Lines that go to the end of a file.
     *
     * @param link name of the link, which each line carries.
     * @param file to append to; made if it is missing.
     * @return the writer.
     * @throws IOException if the file cannot be written.
     */
    public static EventLines to(final String link, final Path file) throws IOException
    {
        append(file, new byte[0]);
        return new EventLines(link, null, file);
    }

    /**
     * Writes an event.
     *
     * @param event that happened.
     * @throws IOException if the file cannot be written; said once, until it can be again.
     */
    public synchronized void write(final LinkEvent event) throws IOException
    {
        final ObjectNode line = line(event.timeMs(), event.severity(), event.type().name());
        put(line, "topic", event.topic());
        put(line, "partition", event.partition());
        put(line, "fromOffset", event.fromOffset());
        put(line, "toOffset", event.toOffset());
        put(line, "before", event.before());
        put(line, "after", event.after());
        put(line, "message", event.message());
        write(line);
    }

    /**
     * Writes a line of the log.
     *
     * @param timeMs   milliseconds since 1970.
     * @param severity of it.
     * @param message  one line for people.
     * @throws IOException if the file cannot be written; said once, until it can be again.
     */
    public synchronized void write(final long timeMs, final Severity severity, final String message) throws IOException
    {
        write(line(timeMs, severity, MESSAGE).put("message", message));
    }

    /**
     * Writes an error of the engine's own.
     *
     * @param timeMs milliseconds since 1970.
     * @param error  that was thrown.
     * @param count  how often it was since the start.
     * @throws IOException if the file cannot be written; said once, until it can be again.
     */
    public synchronized void write(final long timeMs, final Throwable error, final long count) throws IOException
    {
        final StringWriter trace = new StringWriter();
        error.printStackTrace(new PrintWriter(trace));
        write(line(timeMs, Severity.ERROR, ERROR)
            .put("message", error.toString())
            .put("count", count)
            .put("stackTrace", trace.toString()));
    }

    private ObjectNode line(final long timeMs, final Severity severity, final String event)
    {
        return MAPPER.createObjectNode()
            .put("time", Instant.ofEpochMilli(timeMs).toString())
            .put("link", link)
            .put("severity", severity.name())
            .put("event", event);
    }

    private void write(final ObjectNode line) throws IOException
    {
        final String text = text(line);
        if (null != stream)
        {
            stream.println(text);
            return;
        }
        try
        {
            append(file, (text + System.lineSeparator()).getBytes(StandardCharsets.UTF_8));
            isFailing = false;
        }
        catch (final IOException ex)
        {
            final boolean isToSay = !isFailing;
            isFailing = true;
            if (isToSay)
            {
                throw new IOException("events cannot be written to " + file + ": " + ex.getMessage(), ex);
            }
        }
    }

    private static void append(final Path file, final byte[] bytes) throws IOException
    {
        Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String text(final ObjectNode line)
    {
        try
        {
            return MAPPER.writeValueAsString(line);
        }
        catch (final JsonProcessingException ex)
        {
            throw new IllegalStateException("an event has no JSON form", ex);
        }
    }

    private static void put(final ObjectNode line, final String name, final String value)
    {
        if (null != value && !value.isEmpty())
        {
            line.put(name, value);
        }
    }

    private static void put(final ObjectNode line, final String name, final long value)
    {
        if (LinkEvent.NONE != value)
        {
            line.put(name, value);
        }
    }
}
