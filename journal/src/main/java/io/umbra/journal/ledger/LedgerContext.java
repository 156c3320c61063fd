package io.umbra.journal.ledger;

import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.SystemEpochClock;

import java.nio.file.Path;

/**
 * What a {@link Ledger}, {@link MetadataLedger} or {@link LinkLedger} needs to know. Filled once, before it is opened;
 * not thread safe.
 */
public final class LedgerContext
{
    /** Default of {@link #maxBytes}. */
    public static final long DEFAULT_MAX_BYTES = 1L << 30;

    /** Smallest {@link #maxBytes}. */
    public static final long MIN_MAX_BYTES = 1L << 20;

    private static final String METADATA = "metadata";
    private static final String LINK = "link";

    private Path ledgerDirectory;
    private int nodeId;
    private int shard;
    private LedgerRoll roll = LedgerRoll.HOURLY;
    private long maxBytes = DEFAULT_MAX_BYTES;
    private EpochClock clock = SystemEpochClock.INSTANCE;
    /** Name of the directory, where it is not a shard's. */
    private String name;

    /**
     * Where a shard's ledger lies.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}.
     * @param shard           number of the shard.
     * @return {@code <journal.dir>/ledger/shard-N}.
     */
    public static Path shardDirectory(final Path ledgerDirectory, final int shard)
    {
        return ledgerDirectory.resolve(ShardDirectories.PREFIX + shard);
    }

    /**
     * Where the ledger of the source's metadata lies.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}.
     * @return {@code <journal.dir>/ledger/metadata}.
     */
    public static Path metadataDirectory(final Path ledgerDirectory)
    {
        return ledgerDirectory.resolve(METADATA);
    }

    /**
     * Where the ledger of the link's history lies.
     *
     * @param ledgerDirectory {@code <journal.dir>/ledger}.
     * @return {@code <journal.dir>/ledger/link}.
     */
    public static Path linkDirectory(final Path ledgerDirectory)
    {
        return ledgerDirectory.resolve(LINK);
    }

    /**
     * The directory of all ledgers of a journal.
     *
     * @param directory {@code <journal.dir>/ledger}.
     * @return this.
     */
    public LedgerContext ledgerDirectory(final Path directory)
    {
        this.ledgerDirectory = directory;
        return this;
    }

    /**
     * The node, as every entry carries it.
     *
     * @param id of the node.
     * @return this.
     */
    public LedgerContext nodeId(final int id)
    {
        this.nodeId = id;
        return this;
    }

    /**
     * The shard, as every entry carries it. The ledgers of metadata and link belong to none.
     *
     * @param number of the shard, from 0.
     * @return this.
     */
    public LedgerContext shard(final int number)
    {
        this.shard = number;
        return this;
    }

    /**
     * How often a new file begins. A file that grows past an eighth of {@link #maxBytes} ends earlier.
     *
     * @param period of the roll; hourly by default.
     * @return this.
     */
    public LedgerContext roll(final LedgerRoll period)
    {
        this.roll = period;
        return this;
    }

    /**
     * How much space the ledger may take: the oldest files go when it would be more, the current one never.
     *
     * @param bytes at least {@link #MIN_MAX_BYTES}; {@link #DEFAULT_MAX_BYTES} by default.
     * @return this.
     */
    public LedgerContext maxBytes(final long bytes)
    {
        this.maxBytes = bytes;
        return this;
    }

    /**
     * The clock by which files roll.
     *
     * @param epochClock milliseconds since 1970; the system's by default.
     * @return this.
     */
    public LedgerContext clock(final EpochClock epochClock)
    {
        this.clock = epochClock;
        return this;
    }

    Path directory()
    {
        return name == null ? shardDirectory(ledgerDirectory, shard) : ledgerDirectory.resolve(name);
    }

    int nodeId()
    {
        return nodeId;
    }

    int shard()
    {
        return shard;
    }

    LedgerRoll roll()
    {
        return roll;
    }

    long maxBytes()
    {
        return maxBytes;
    }

    EpochClock clock()
    {
        return clock;
    }

    /** For the ledger of the metadata, which belongs to no shard. */
    void concludeForMetadata()
    {
        name = METADATA;
        conclude();
    }

    /** For the ledger of the link, which belongs to no shard. */
    void concludeForLink()
    {
        name = LINK;
        conclude();
    }

    void conclude()
    {
        if (ledgerDirectory == null)
        {
            throw new IllegalArgumentException("ledgerDirectory must be set");
        }
        if (shard < 0)
        {
            throw new IllegalArgumentException("shard=" + shard + " must not be negative");
        }
        if (maxBytes < MIN_MAX_BYTES)
        {
            throw new IllegalArgumentException("maxBytes=" + maxBytes + " must be at least " + MIN_MAX_BYTES);
        }
    }
}
