package io.umbra.journal.ledger;

import net.openhft.chronicle.core.values.LongValue;
import net.openhft.chronicle.queue.impl.TableStore;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.impl.table.AbstractTSQueueLock;
import net.openhft.chronicle.queue.impl.table.Metadata;
import net.openhft.chronicle.queue.impl.table.SingleTableBuilder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The file in which Chronicle Queue keeps its locks and its list of files. It can be made anew from the others at any
 * time.
 */
final class LedgerTable
{
    private static final int LENGTH = 128 << 10;
    private static final int NOT_COMPLETE = 0x8000_0000;
    private static final String[] LOCKS = {"chronicle.write.lock", "chronicle.append.lock"};

    static
    {
        SingleChronicleQueueBuilder.addAliases();
    }

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
        if (Files.exists(file) && !isUnfinished(file))
        {
            try
            {
                releaseLocks(file);
                return;
            }
            catch (final RuntimeException | Error ex)
            {
                final Path kept = LedgerRecovery.keep(file);
                findings.add(new LedgerFinding(LedgerFinding.Kind.DAMAGED_TABLE, file,
                    "is damaged and kept as " + kept.getFileName() + "; it is made anew (" + ex + ")"));
            }
        }
        Files.deleteIfExists(file);
        create(directory);
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

    private static boolean isUnfinished(final Path file) throws IOException
    {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ))
        {
            final ByteBuffer header = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(header, 0);
            return header.hasRemaining() || header.getInt(0) == 0 || header.getInt(0) == NOT_COMPLETE;
        }
    }

    private static void releaseLocks(final Path file)
    {
        try (TableStore<Metadata.NoMeta> table =
            SingleTableBuilder.binary(file, Metadata.NoMeta.INSTANCE).build())
        {
            for (final String lock : LOCKS)
            {
                try (LongValue value = table.acquireValueFor(lock, AbstractTSQueueLock.UNLOCKED))
                {
                    value.setVolatileValue(AbstractTSQueueLock.UNLOCKED);
                }
            }
        }
    }
}
