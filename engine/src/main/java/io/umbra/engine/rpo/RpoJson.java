package io.umbra.engine.rpo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.umbra.engine.events.LinkEvent;
import io.umbra.engine.status.RpoSummary;

/**
 * A report as one JSON document. Times are ISO 8601, numbers that are not known are -1, measurements that there were
 * none of are null.
 */
public final class RpoJson
{
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private RpoJson()
    {
    }

    /**
     * The document.
     *
     * @param report to be told.
     * @return JSON in many lines.
     */
    public static String document(final RpoReport report)
    {
        final ObjectNode document = MAPPER.createObjectNode()
            .put("link", report.link())
            .put("from", RpoText.iso(report.fromMs()))
            .put("to", RpoText.iso(report.toMs()))
            .put("stepMs", report.stepMs());
        document.set("total", span(report.total()));
        final ArrayNode spans = document.putArray("spans");
        report.spans().forEach((span) -> spans.add(span(span)));
        final ArrayNode gaps = document.putArray("gaps");
        report.gaps().forEach((gap) -> gaps.addObject()
            .put("from", RpoText.iso(gap.fromMs()))
            .put("to", RpoText.iso(gap.toMs())));
        final ArrayNode events = document.putArray("events");
        report.events().forEach((event) -> add(events.addObject(), event));
        try
        {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(document);
        }
        catch (final JsonProcessingException ex)
        {
            throw new IllegalStateException("a report has no JSON form", ex);
        }
    }

    private static ObjectNode span(final RpoSpan span)
    {
        final ObjectNode node = MAPPER.createObjectNode()
            .put("from", RpoText.iso(span.fromMs()))
            .put("to", RpoText.iso(span.toMs()))
            .put("coveredMs", span.coveredMs())
            .put("state", span.state().name())
            .put("lagRecords", span.lagRecords())
            .put("lagBytes", span.lagBytes())
            .put("lagMs", span.lagMs())
            .put("bytes", span.bytes())
            .put("records", span.records());
        put(node, "rpoMs", span.sampled());
        put(node, "logAppendTime", span.logAppendTime());
        return node;
    }

    private static void put(final ObjectNode node, final String name, final RpoSummary rpo)
    {
        if (0 == rpo.count())
        {
            node.putNull(name);
            return;
        }
        node.putObject(name)
            .put("count", rpo.count())
            .put("p50", rpo.p50())
            .put("p99", rpo.p99())
            .put("p999", rpo.p999())
            .put("max", rpo.max());
    }

    private static void add(final ObjectNode node, final LinkEvent event)
    {
        node.put("time", RpoText.iso(event.timeMs()))
            .put("severity", event.severity().name())
            .put("event", event.type().name())
            .put("topic", event.topic())
            .put("partition", event.partition())
            .put("fromOffset", event.fromOffset())
            .put("toOffset", event.toOffset())
            .put("before", event.before())
            .put("after", event.after())
            .put("message", event.message());
    }
}
