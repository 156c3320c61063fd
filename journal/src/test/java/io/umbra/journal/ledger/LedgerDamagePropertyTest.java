package io.umbra.journal.ledger;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.agrona.IoUtil;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

import static io.umbra.journal.ledger.LedgerFixture.BATCH_RECORDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A ledger's file, cut anywhere or overwritten anywhere behind its first document: the ledger opens, keeps a prefix
 * of its entries, and goes on.
 */
class LedgerDamagePropertyTest
{
    private static final int COMMITS = 60;
    /** The first two entries are no commits. */
    private static final int OTHERS = 2;

    @Property(tries = 60, seed = "2026")
    void keepsAPrefixOfAFileThatIsCut(@ForAll @IntRange(max = 45_000) final int length) throws IOException
    {
        final Path directory = Files.createTempDirectory("umbra-ledger");
        try
        {
            final LedgerFixture fixture = write(directory);
            final Path file = fixture.files().get(0);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
            {
                channel.truncate(length);
            }
            checkPrefix(fixture, CycleFile.scan(file));
        }
        finally
        {
            IoUtil.delete(directory.toFile(), false);
        }
    }

    @Property(tries = 100, seed = "2026")
    void keepsAPrefixOfAFileThatIsOverwritten(
        @ForAll @IntRange(max = 10_000) final int place, @ForAll final byte[] garbage) throws IOException
    {
        final Path directory = Files.createTempDirectory("umbra-ledger");
        try
        {
            final LedgerFixture fixture = write(directory);
            final Path file = fixture.files().get(0);
            // In and after the entries; what stands before them is Chronicle's index.
            final long position = CycleFile.scan(file).end() - 9_000 + place;
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE))
            {
                channel.write(ByteBuffer.wrap(garbage), position);
            }
            checkPrefix(fixture, CycleFile.scan(file));
        }
        finally
        {
            IoUtil.delete(directory.toFile(), false);
        }
    }

    /** A header that claims more than the entry holds. */
    @Example
    void keepsAPrefixOfAFileWithAnImpossibleBlockLength() throws IOException
    {
        keepsAPrefixOfAFileThatIsOverwritten(2764, new byte[]{-1});
    }

    private static LedgerFixture write(final Path directory)
    {
        final LedgerFixture fixture = new LedgerFixture(directory);
        try (Ledger ledger = fixture.start(0))
        {
            fixture.commits(ledger, 0, COMMITS);
        }
        return fixture;
    }

    private static void checkPrefix(final LedgerFixture fixture, final CycleFile.Scan scan)
    {
        final int whole = Math.max(0, (int) scan.entries() - OTHERS);
        try (Ledger ledger = fixture.start(0))
        {
            assertTrue(whole == COMMITS || !ledger.findings().isEmpty());
            fixture.commits(ledger, 1_000_000, 5);
        }
        try (Ledger ledger = fixture.open())
        {
            assertEquals(List.of(), ledger.findings());
        }
        final List<Long> commits = fixture.readCommits();
        assertEquals(whole + 5, commits.size());
        for (int i = 0; i < 5; i++)
        {
            assertEquals(1_000_000 + (long) i * BATCH_RECORDS, commits.get(whole + i));
        }
    }
}
