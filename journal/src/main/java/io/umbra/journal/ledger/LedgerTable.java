package io.umbra.journal.ledger;

import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.table.AbstractTSQueueLock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

/**
 * The file in which Chronicle Queue keeps its locks and its list of files. It can be made anew from the others at any
 * time.
 *
 * <p>It consists of documents like those of a {@link CycleFile}. The first is metadata and says how files roll; the
 * others are named numbers of 64 bits.
 */
final class LedgerTable
{
    private static final int LENGTH = 128 << 10;
    private static final int META_DATA = 0x4000_0000;
    private static final int NOT_COMPLETE = 0x8000_0000;
    private static final int MAX_FIRST_LENGTH = 1024;
    private static final int MAX_LENGTH = 256;
    private static final int HEADER_LENGTH = Integer.BYTES;
    private static final byte EVENT_NAME = (byte) 0xb9;
    private static final byte INT64 = (byte) 0xa7;
    private static final Set<String> LOCKS = Set.of("chronicle.write.lock", "chronicle.append.lock");
    private static final List<String> NAMES = List.of("listing.", "chronicle.", "normalisedEOFsTo");

    private LedgerTable()
    {
    }

    static Path file(final Path directory)
    {
        return directory.resolve(SingleChronicleQueue.QUEUE_METADATA_FILE);
    }

    /**
     * Makes sure that the table can be used: creates one that is missing, sets one aside that is damaged, and
     * releases locks whose owner was killed. Chronicle releases them too, unless another process has got the owner's
     * id meanwhile.
     *
     * @param directory of the ledger.
     * @param findings  to which damage is added.
     * @throws IOException if the files cannot be written.
     */
    static void check(final Path directory, final List<LedgerFinding> findings) throws IOException
    {
        final Path file = file(directory);
        if (!Files.exists(file))
        {
            create(directory);
            return;
        }
        final ByteBuffer table = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        final int header = table.limit() < HEADER_LENGTH ? 0 : table.getInt(0);
        if (header == 0 || header == NOT_COMPLETE)
        {
            // Killed while it was being created.
            Files.delete(file);
            create(directory);
        }
        else
        {
            checkDocuments(directory, table, findings);
        }
    }

    /**
     * Makes a new table in place of a damaged one, which is kept.
     *
     * @param directory of the ledger.
     * @param reason    what is wrong with it.
     * @param findings  to which it is added.
     * @throws IOException if the files cannot be written.
     */
    static void replace(final Path directory, final String reason, final List<LedgerFinding> findings)
        throws IOException
    {
        final Path file = file(directory);
        final Path kept = LedgerRecovery.keep(file);
        Files.delete(file);
        create(directory);
        findings.add(new LedgerFinding(LedgerFinding.Kind.DAMAGED_TABLE, file,
            "is damaged (" + reason + ") and kept as " + kept.getFileName() + "; it is made anew"));
    }

    /**
     * Creates the table's file, empty, but with its space allocated: Chronicle writes to it through a mapping.
     *
     * @param directory of the ledger.
     * @throws IOException if there is no space.
     */
    static void create(final Path directory) throws IOException
    {
        final Path file = file(directory);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))
        {
            final ByteBuffer zeros = ByteBuffer.allocate(LENGTH);
            while (zeros.hasRemaining())
            {
                channel.write(zeros);
            }
        }
        catch (final IOException ex)
        {
            Files.deleteIfExists(file);
            throw ex;
        }
    }

    private static void checkDocuments(
        final Path directory, final ByteBuffer table, final List<LedgerFinding> findings) throws IOException
    {
        boolean isFirst = true;
        int position = 0;
        while (table.limit() - position >= HEADER_LENGTH && table.getInt(position) != 0)
        {
            final int header = table.getInt(position);
            final int length = isFirst ? header ^ META_DATA : header;
            final int start = position + HEADER_LENGTH;
            final boolean isDocument = length > 2 && length <= (isFirst ? MAX_FIRST_LENGTH : MAX_LENGTH) &&
                start + length <= table.limit() && table.get(start) == EVENT_NAME &&
                (isFirst ? isFirst(table, start, length) : isNumber(table, start, length));
            if (!isDocument)
            {
                replace(directory, "at " + position, findings);
                return;
            }
            if (!isFirst && LOCKS.contains(name(table, start)))
            {
                releaseLock(file(directory), table, start + length - Long.BYTES);
            }
            position = start + length;
            position += -position & 3;
            isFirst = false;
        }
        if (table.limit() < LENGTH || !isZero(table, position))
        {
            replace(directory, "at " + position, findings);
        }
    }

    private static boolean isFirst(final ByteBuffer table, final int start, final int length)
    {
        return text(table, start, length).contains(ChronicleSettings.ROLL_CYCLE.format());
    }

    private static boolean isNumber(final ByteBuffer table, final int start, final int length)
    {
        final int nameLength = table.get(start + 1) & 0xff;
        return 2 + nameLength + 1 + Long.BYTES <= length && table.get(start + length - Long.BYTES - 1) == INT64 &&
            NAMES.stream().anyMatch(name(table, start)::startsWith);
    }

    private static String name(final ByteBuffer table, final int start)
    {
        return text(table, start + 2, table.get(start + 1) & 0xff);
    }

    private static String text(final ByteBuffer table, final int start, final int length)
    {
        return new String(table.array(), start, length, StandardCharsets.ISO_8859_1);
    }

    private static boolean isZero(final ByteBuffer table, final int from)
    {
        for (int i = from; i < table.limit(); i++)
        {
            if (table.get(i) != 0)
            {
                return false;
            }
        }
        return true;
    }

    private static void releaseLock(final Path file, final ByteBuffer table, final int position) throws IOException
    {
        if (table.getLong(position) != AbstractTSQueueLock.UNLOCKED)
        {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
            {
                final ByteBuffer value = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                channel.write(value.putLong(0, AbstractTSQueueLock.UNLOCKED), position);
            }
        }
    }
}
