package io.umbra.engine.replay;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.engine.recording.Span;
import io.umbra.transport.TransportException;
import io.umbra.transport.recording.Finding;
import io.umbra.transport.recording.RecordingReader;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * {@code umbra replay show}: the messages of a flight recording, run by run, and in each run shard by shard, in the
 * order of the stream.
 */
public final class Show
{
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int POLL_LIMIT_BYTES = 1024 * 1024;
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final FlightRecording recording;
    private final Pattern topics;
    private final Bound from;
    private final Bound to;
    private boolean isComplete = true;

    /**
     * What is to be shown.
     *
     * @param recording that holds it.
     * @param topics    whose whole name matches; null for all.
     * @param from      first message, inclusive.
     * @param to        last message, exclusive.
     */
    public Show(final FlightRecording recording, final Pattern topics, final Bound from, final Bound to)
    {
        this.recording = recording;
        this.topics = topics;
        this.from = from;
        this.to = to;
    }

    /**
     * A line for each message.
     *
     * @param out      gets them. Flushed, not closed.
     * @param findings told of what could not be read.
     * @return whether all of it could be read.
     * @throws IOException if a file cannot be read.
     */
    public boolean text(final PrintWriter out, final Consumer<String> findings) throws IOException
    {
        forEach((message) -> out.println(line(message)), findings);
        out.flush();
        return isComplete;
    }

    /**
     * One JSON document: {@code {"messages":[{"recording":0,"position":…,"type":"Data",…},…],"findings":[…]}}.
     *
     * @param out to which to print, in UTF-8. Flushed, not closed.
     * @return whether all of it could be read.
     * @throws IOException if a file cannot be read; the document is incomplete then.
     */
    public boolean json(final OutputStream out) throws IOException
    {
        final List<String> findings = new ArrayList<>();
        try (JsonGenerator json = MAPPER.getFactory().createGenerator(out, JsonEncoding.UTF8))
        {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            // What could not be read to its end must not look complete.
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
            json.writeStartObject();
            json.writeArrayFieldStart("messages");
            forEach((message) -> write(json, message), findings::add);
            json.writeEndArray();
            json.writeArrayFieldStart("findings");
            for (final String finding : findings)
            {
                json.writeString(finding);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeRaw(System.lineSeparator());
        }
        return isComplete;
    }

    private void forEach(final MessageDecoder.MessageSink sink, final Consumer<String> findings) throws IOException
    {
        for (final Span span : recording.spans())
        {
            final Consumer<Finding> onFinding = (finding) ->
            {
                isComplete &= !finding.isLoss();
                findings.accept(finding.toString());
            };
            // Nobody waits for the end of what grows meanwhile.
            final long end = Math.min(span.toPosition(), RecordingReader.endOf(recording.dir(), span.recording()));
            try (RecordingReader reader = new RecordingReader(
                recording.dir(), span.recording(), RecordingSeek.of(recording.dir(), span, from), end, onFinding))
            {
                final MessageDecoder decoder = new MessageDecoder(span, reader, (message) ->
                {
                    if (isWanted(message))
                    {
                        sink.onMessage(message);
                    }
                });
                while (!reader.isAtEnd() && (to.isTime() || reader.position() < to.value()))
                {
                    read(reader, decoder, findings);
                }
            }
            recording.release(span.recording().id(), end);
        }
    }

    /** A message that is not understood hides itself alone. */
    private void read(final RecordingReader reader, final MessageDecoder decoder, final Consumer<String> findings)
        throws IOException
    {
        try
        {
            reader.poll(decoder, POLL_LIMIT_BYTES);
        }
        catch (final TransportException ex)
        {
            isComplete = false;
            findings.accept(ex.getMessage());
        }
        catch (final UncheckedIOException ex)
        {
            throw ex.getCause();
        }
    }

    private boolean isWanted(final Message message)
    {
        return from.isAtOrBelow(message) && to.isAbove(message) && (null == topics ||
            null != message.name() && topics.matcher(message.name().topic()).matches());
    }

    private static void write(final JsonGenerator json, final Message message)
    {
        try
        {
            json.writeRaw(System.lineSeparator());
            json.writeStartObject();
            json.writeNumberField("recording", message.recordingId());
            json.writeNumberField("position", message.position());
            json.writeNumberField("shard", message.shard());
            json.writeStringField("type", message.type());
            json.writeStringField("time", time(message.timeNs()));
            json.writeStringField("topic", null == message.name() ? null : message.name().topic());
            json.writeStringField("topicId", null == message.name() ? null : message.name().topicId().toString());
            if (null == message.name())
            {
                json.writeNullField("partition");
            }
            else
            {
                json.writeNumberField("partition", message.name().partition());
            }
            json.writeNumberField("partitionIndex", message.partitionIndex());
            for (final var field : message.fields().entrySet())
            {
                json.writeObjectField(field.getKey(), field.getValue());
            }
            json.writeEndObject();
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex.getMessage(), ex);
        }
    }

    private static String line(final Message message)
    {
        final StringBuilder line = new StringBuilder(256);
        line.append(message.recordingId()).append(':').append(message.position())
            .append("  ").append(time(message.timeNs()))
            .append("  ").append(message.partitionText())
            .append("  ").append(message.type());
        message.fields().forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
        return line.toString();
    }

    static String time(final long timeNs)
    {
        return Instant.ofEpochSecond(
            Math.floorDiv(timeNs, NANOS_PER_SECOND), Math.floorMod(timeNs, NANOS_PER_SECOND)).toString();
    }
}
