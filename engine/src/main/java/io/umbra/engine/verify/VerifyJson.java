package io.umbra.engine.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A report as a JSON document.
 */
final class VerifyJson
{
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private VerifyJson()
    {
    }

    static String of(final VerifyReport report)
    {
        final ObjectNode document = MAPPER.createObjectNode()
            .put("identical", report.isIdentical())
            .put("deep", report.isDeep());
        final ArrayNode partitions = document.putArray("partitions");
        report.partitions().forEach((partition) -> add(partitions.addObject(), partition));
        try
        {
            return MAPPER.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(document) +
                System.lineSeparator();
        }
        catch (final JsonProcessingException ex)
        {
            throw new IllegalStateException("a verification has no JSON form", ex);
        }
    }

    private static void add(final ObjectNode node, final PartitionVerdict partition)
    {
        node.put("topic", partition.topic())
            .put("partition", partition.partition())
            .put("identical", partition.isIdentical())
            .put("firstOffset", partition.firstOffset())
            .put("endOffset", partition.endOffset())
            .put("batches", partition.batches())
            .put("bytes", partition.bytes())
            .put("digest", String.format("%016x", partition.digest()))
            .put("shadowLogStartOffset", partition.shadowLogStartOffset())
            .put("shadowEndOffset", partition.shadowEndOffset())
            .put("sourceLogStartOffset", partition.sourceLogStartOffset())
            .put("sourceHighWatermark", partition.sourceHighWatermark())
            .put("lag", partition.lag())
            .put("cleanupPolicy", partition.compaction().cleanupPolicy())
            .put("identicalBatches", partition.compaction().identicalBatches())
            .put("recordsComparedOneByOne", partition.compaction().records())
            .put("batchesRemovedByCompaction", partition.compaction().removedBatches())
            .put("recordsRemovedByCompaction", partition.compaction().removedRecords())
            .put("firstRemovedOffset", partition.compaction().firstRemovedOffset())
            .put("lastRemovedOffset", partition.compaction().lastRemovedOffset())
            .put("error", partition.error());
        final ArrayNode notes = node.putArray("notes");
        partition.notes().forEach(notes::add);
        node.put("differenceCount", partition.differences().size() + partition.moreDifferences());
        final ArrayNode differences = node.putArray("differences");
        for (final Difference difference : partition.differences())
        {
            differences.addObject()
                .put("kind", difference.kind().name())
                .put("topic", difference.topic())
                .put("partition", difference.partition())
                .put("offset", difference.offset())
                .put("lastOffset", difference.lastOffset())
                .put("text", difference.text())
                .put("file", difference.file())
                .put("position", difference.position());
        }
    }
}
