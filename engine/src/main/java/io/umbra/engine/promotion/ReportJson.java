package io.umbra.engine.promotion;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;

/**
 * A report as a JSON document.
 */
public final class ReportJson
{
    private static final ObjectWriter WRITER = new ObjectMapper().writerWithDefaultPrettyPrinter();

    private ReportJson()
    {
    }

    /**
     * The document.
     *
     * @param report to be told.
     * @return JSON, with an end of line.
     */
    public static String document(final PromotionReport report)
    {
        try
        {
            return WRITER.writeValueAsString(report) + '\n';
        }
        catch (final JsonProcessingException ex)
        {
            throw new IllegalStateException("a promotion report has no JSON form", ex);
        }
    }
}
