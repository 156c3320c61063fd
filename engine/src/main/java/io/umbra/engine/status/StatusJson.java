package io.umbra.engine.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;

/**
 * A report as a JSON document. Every field of the contract is there always; what has no value is null.
 */
public final class StatusJson
{
    private static final ObjectWriter WRITER = new ObjectMapper().writer();
    private static final ObjectWriter PRETTY_WRITER = WRITER.with(SerializationFeature.INDENT_OUTPUT);

    private StatusJson()
    {
    }

    /**
     * The document in many lines, for a single answer.
     *
     * @param report to be told.
     * @return JSON.
     */
    public static String document(final StatusReport report)
    {
        return write(PRETTY_WRITER, report);
    }

    /**
     * The document in one line, for a stream of answers.
     *
     * @param report to be told.
     * @return JSON.
     */
    public static String line(final StatusReport report)
    {
        return write(WRITER, report);
    }

    private static String write(final ObjectWriter writer, final StatusReport report)
    {
        try
        {
            return writer.writeValueAsString(report);
        }
        catch (final JsonProcessingException ex)
        {
            throw new IllegalStateException("a status report has no JSON form", ex);
        }
    }
}
