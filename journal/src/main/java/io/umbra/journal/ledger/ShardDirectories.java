package io.umbra.journal.ledger;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Finds the ledgers below {@code <journal.dir>/ledger}.
 */
public final class ShardDirectories
{
    static final String PREFIX = "shard-";

    private ShardDirectories()
    {
    }

    /**
     * Lists the ledgers of a journal, those of shards that are no longer in use too.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}; may be missing.
     * @return directory of each shard, by its number.
     */
    public static SortedMap<Integer, Path> list(final Path ledgerDirectory)
    {
        final SortedMap<Integer, Path> shards = new TreeMap<>();
        if (!Files.isDirectory(ledgerDirectory))
        {
            return shards;
        }
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(ledgerDirectory, PREFIX + "*"))
        {
            for (final Path directory : directories)
            {
                final int shard = shard(directory);
                if (shard >= 0 && Files.isDirectory(directory))
                {
                    shards.put(shard, directory);
                }
            }
        }
        catch (final IOException ex)
        {
            throw new LedgerException(ledgerDirectory, "cannot be listed: " + ex, ex);
        }
        return shards;
    }

    /**
     * The number of the shard to which a directory belongs.
     *
     * @param shardDirectory {@code …/shard-N}.
     * @return N, or -1 when the directory is called otherwise.
     */
    static int shard(final Path shardDirectory)
    {
        final String name = shardDirectory.getFileName().toString();
        try
        {
            return name.startsWith(PREFIX) ? Integer.parseUnsignedInt(name.substring(PREFIX.length())) : -1;
        }
        catch (final NumberFormatException ex)
        {
            return -1;
        }
    }
}
