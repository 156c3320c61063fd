package io.umbra.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The leader epochs of a partition and the offset at which each begins, kept in <code>leader-epoch-checkpoint</code>
 * (version "0", number of entries, then "epoch startOffset" lines; KIP-101). Only epochs that batches of this log bear
 * are in it.
 */
final class LeaderEpochs
{
    static final String FILE_NAME = "leader-epoch-checkpoint";
    private static final int NONE = -1;

    private final SegmentFiles files;
    private final Path path;
    private int[] epochs = new int[8];
    private long[] starts = new long[8];
    private int size;

    LeaderEpochs(final SegmentFiles files, final Path directory)
    {
        this.files = files;
        this.path = directory.resolve(FILE_NAME);
    }

    Path path()
    {
        return path;
    }

    int size()
    {
        return size;
    }

    int lastEpoch()
    {
        return size == 0 ? NONE : epochs[size - 1];
    }

    /** Where the first epoch begins: the largest long if there is none. */
    long firstStart()
    {
        return size == 0 ? Long.MAX_VALUE : starts[0];
    }

    boolean contains(final int epoch)
    {
        for (int i = 0; i < size; i++)
        {
            if (epochs[i] == epoch)
            {
                return true;
            }
        }
        return false;
    }

    /** Notes that an epoch begins at an offset, as LeaderEpochFileCache does: entries that contradict it go. */
    boolean assign(final int epoch, final long startOffset)
    {
        if (epoch <= NONE || size > 0 && epochs[size - 1] == epoch && startOffset >= starts[size - 1])
        {
            return false;
        }
        while (size > 0 && (epochs[size - 1] >= epoch || starts[size - 1] >= startOffset))
        {
            size--;
        }
        if (size == epochs.length)
        {
            epochs = Arrays.copyOf(epochs, size * 2);
            starts = Arrays.copyOf(starts, size * 2);
        }
        epochs[size] = epoch;
        starts[size] = startOffset;
        size++;
        return true;
    }

    /** Notes the epochs of a log that goes on where this one ends. */
    void assignAll(final LeaderEpochs later)
    {
        for (int i = 0; i < later.size; i++)
        {
            assign(later.epochs[i], later.starts[i]);
        }
    }

    /** Drops the epochs that begin at or above an offset. */
    boolean truncateFromEnd(final long endOffset)
    {
        final int before = size;
        while (size > 0 && starts[size - 1] >= endOffset)
        {
            size--;
        }
        return size != before;
    }

    /** Drops the epochs that end at or below an offset; the one in force there then begins there. */
    boolean truncateFromStart(final long startOffset)
    {
        int inForce = NONE;
        while (inForce + 1 < size && starts[inForce + 1] <= startOffset)
        {
            inForce++;
        }
        if (inForce == NONE || inForce == 0 && starts[0] == startOffset)
        {
            return false;
        }
        System.arraycopy(epochs, inForce, epochs, 0, size - inForce);
        System.arraycopy(starts, inForce, starts, 0, size - inForce);
        size -= inForce;
        starts[0] = startOffset;
        return true;
    }

    /** End offset of the largest epoch at or below the one asked for (KIP-101, KIP-279), or -1 if none is known. */
    long endOffsetFor(final int epoch, final long logEndOffset)
    {
        for (int i = size - 1; i >= 0; i--)
        {
            if (epochs[i] <= epoch)
            {
                return i == size - 1 ? logEndOffset : starts[i + 1];
            }
        }
        return NONE;
    }

    void clear()
    {
        size = 0;
    }

    LeaderEpochs copy()
    {
        final LeaderEpochs copy = new LeaderEpochs(files, path.getParent());
        copy.set(this);
        return copy;
    }

    void set(final LeaderEpochs other)
    {
        epochs = other.epochs.clone();
        starts = other.starts.clone();
        size = other.size;
    }

    boolean sameAs(final LeaderEpochs other)
    {
        return Arrays.equals(epochs, 0, size, other.epochs, 0, other.size) &&
            Arrays.equals(starts, 0, size, other.starts, 0, other.size);
    }

    void write() throws IOException
    {
        final StringBuilder text = new StringBuilder("0\n").append(size).append('\n');
        for (int i = 0; i < size; i++)
        {
            text.append(epochs[i]).append(' ').append(starts[i]).append('\n');
        }
        AtomicFile.write(files, path, ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8)), false);
    }

    /**
     * Reads the file.
     *
     * @return null, or what is wrong with it; then there are no epochs.
     */
    String load() throws IOException
    {
        size = 0;
        final String text = Files.readString(path, StandardCharsets.ISO_8859_1);
        final List<String> lines = text.lines().toList();
        try
        {
            if (lines.size() < 2 || !text.endsWith("\n") || !"0".equals(lines.get(0)) ||
                Integer.parseInt(lines.get(1)) != lines.size() - 2)
            {
                return "not version 0 with its number of entries";
            }
            for (final String line : lines.subList(2, lines.size()))
            {
                final int space = line.indexOf(' ');
                final int epoch = Integer.parseInt(line.substring(0, space));
                final long start = Long.parseLong(line.substring(space + 1));
                if (epoch <= lastEpoch() || start < 0 || size > 0 && start <= starts[size - 1])
                {
                    size = 0;
                    return "line '" + line + "' is out of order";
                }
                assign(epoch, start);
            }
            return null;
        }
        catch (final NumberFormatException | IndexOutOfBoundsException ex)
        {
            size = 0;
            return "malformed: " + ex.getMessage();
        }
    }
}
