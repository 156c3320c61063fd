package io.umbra.engine.ledger;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.LedgerException;
import io.umbra.journal.ledger.LedgerReader;
import io.umbra.journal.ledger.ShardDirectories;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Prints the last entries of all shards' ledgers, merged by their times; each shard's entries stay in their order. Or
 * those of the metadata's ledger. May be used while the engine runs, from another process. Entries are not held in
 * memory, however many are asked for.
 */
public final class LedgerPrinter
{
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Supplier<Collection<Path>> directories;

    /**
     * Prints the ledgers of a journal's shards.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; when it is missing, there are no entries.
     */
    public LedgerPrinter(final Path ledgerDirectory)
    {
        this(() -> ShardDirectories.list(ledgerDirectory).values());
    }

    private LedgerPrinter(final Supplier<Collection<Path>> directories)
    {
        this.directories = directories;
    }

    /**
     * Prints the ledger of the source's metadata.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; when it is missing, there are no entries.
     * @return the printer.
     */
    public static LedgerPrinter ofMetadata(final Path ledgerDirectory)
    {
        return new LedgerPrinter(() -> List.of(LedgerContext.metadataDirectory(ledgerDirectory)));
    }

    /**
     * Prints the ledger of the link's history.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; when it is missing, there are no entries.
     * @return the printer.
     */
    public static LedgerPrinter ofLink(final Path ledgerDirectory)
    {
        return new LedgerPrinter(() -> List.of(LedgerContext.linkDirectory(ledgerDirectory)));
    }

    /**
     * Prints one line for each entry.
     *
     * @param count of entries, the last ones.
     * @param out   to which to print, in UTF-8. Flushed, not closed.
     * @throws IOException     if out fails.
     * @throws LedgerException if a ledger is damaged; the message names the file.
     */
    public void text(final long count, final OutputStream out) throws IOException
    {
        final Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
        forEach(count, (row) -> writer.append(LedgerText.line(row)).append(System.lineSeparator()));
        writer.flush();
    }

    /**
     * Prints one JSON document: {@code {"entries":[{"type":"Commit",…},…]}}. Fields are called as in the ledger's
     * schema.
     *
     * @param count of entries, the last ones.
     * @param out   to which to print, in UTF-8. Flushed, not closed.
     * @throws IOException     if out fails.
     * @throws LedgerException if a ledger is damaged; the message names the file. The document is incomplete then.
     */
    public void json(final long count, final OutputStream out) throws IOException
    {
        try (JsonGenerator json = MAPPER.getFactory().createGenerator(out, JsonEncoding.UTF8))
        {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            // What could not be read to its end must not look complete.
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
            json.writeStartObject();
            json.writeArrayFieldStart("entries");
            forEach(count, (row) ->
            {
                json.writeRaw(System.lineSeparator());
                MAPPER.writeTree(json, row.fields());
            });
            json.writeEndArray();
            json.writeEndObject();
            json.writeRaw(System.lineSeparator());
        }
    }

    private void forEach(final long count, final RowSink sink) throws IOException
    {
        final List<RowReader> shards = new ArrayList<>();
        try
        {
            long rows = 0;
            for (final Path directory : directories.get())
            {
                final RowReader shard = new RowReader(LedgerReader.open(directory));
                shards.add(shard);
                rows += shard.last(count);
            }
            for (long tooMany = rows - count; rows > 0; rows--, tooMany--)
            {
                final RowReader next = shards.stream()
                    .filter((shard) -> Objects.nonNull(shard.row()))
                    .min(Comparator.comparingLong((shard) -> shard.row().timeNs()))
                    .orElse(null);
                if (next == null)
                {
                    return;
                }
                if (tooMany <= 0)
                {
                    sink.take(next.row());
                }
                next.advance();
            }
        }
        finally
        {
            shards.forEach(RowReader::close);
        }
    }

    /**
     * Takes rows.
     */
    @FunctionalInterface
    private interface RowSink
    {
        void take(LedgerRow row) throws IOException;
    }
}
