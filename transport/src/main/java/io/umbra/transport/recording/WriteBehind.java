package io.umbra.transport.recording;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Platform;
import jnr.ffi.types.off_t;

import java.nio.file.Path;

/**
 * Has a recording written to its device as it grows, and gives its pages back to the operating system, which else
 * would fill the page cache with what nobody reads: taking page after page that was not used for long costs several
 * times as much as the copy into them, where pages that have just been given back cost next to nothing. One thread.
 * <p>
 * It promises nothing about what is durable. Where Linux' system calls cannot be called it does nothing.
 */
final class WriteBehind
{
    /** System calls take about as long as a page's copy: not for less. */
    private static final long MIN_BYTES = 1024 * 1024;
    private static final long PAGE_MASK = -4096L;
    private static final int O_RDONLY = 0;
    private static final int SYNC_FILE_RANGE_WAIT_BEFORE = 1;
    private static final int SYNC_FILE_RANGE_WRITE = 2;
    private static final int SYNC_FILE_RANGE_WAIT_AFTER = 4;
    private static final int WAIT =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    private static final int POSIX_FADV_DONTNEED = 4;
    private static final SystemCalls SYSTEM_CALLS = load();

    private final Path dir;
    private final Recording recording;
    private long begun;
    private long done;

    /** Of the C library, as in the section 2 of Linux' manual. */
    public interface SystemCalls
    {
        int open(String path, int flags);

        int close(int fd);

        int sync_file_range(int fd, @off_t long offset, @off_t long length, int flags);

        int posix_fadvise(int fd, @off_t long offset, @off_t long length, int advice);
    }

    /**
     * Prepare to follow.
     *
     * @param dir       of the archive.
     * @param recording that grows.
     * @param position  from which on it grows.
     */
    WriteBehind(final Path dir, final Recording recording, final long position)
    {
        this.dir = dir;
        this.recording = recording;
        begun = position & PAGE_MASK;
        done = begun;
    }

    private static SystemCalls load()
    {
        try
        {
            return Platform.OS.LINUX == Platform.getNativePlatform().getOS() ?
                LibraryLoader.create(SystemCalls.class).failImmediately().load("c") : null;
        }
        catch (final LinkageError ex)
        {
            // What makes calls out of Java is a native library itself, which not every place lets be loaded.
            return null;
        }
    }

    /**
     * Wait for what was begun the last time, give its pages back, and begin with what was recorded since.
     *
     * @param position up to which it is recorded.
     * @return whether there was anything to do.
     */
    boolean follow(final long position)
    {
        final long end = position & PAGE_MASK;
        if (null == SYSTEM_CALLS || end - begun < MIN_BYTES)
        {
            return false;
        }
        each(done, begun, (fd, offset, length) ->
        {
            SYSTEM_CALLS.sync_file_range(fd, offset, length, WAIT);
            SYSTEM_CALLS.posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED);
        });
        done = begun;
        each(begun, end, (fd, offset, length) ->
            SYSTEM_CALLS.sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE));
        begun = end;
        return true;
    }

    /** What to do with a part of a file. */
    private interface Action
    {
        void apply(int fd, long offset, long length);
    }

    /** A file that is not there any more needs nothing. */
    private void each(final long from, final long to, final Action action)
    {
        long position = from;
        while (position < to)
        {
            final long base = recording.segmentBase(position);
            final long end = Math.min(to, base + recording.segmentLength());
            final int fd =
                SYSTEM_CALLS.open(ArchiveDirectory.segment(dir, recording.id(), base).toString(), O_RDONLY);
            if (fd >= 0)
            {
                action.apply(fd, position - base, end - position);
                SYSTEM_CALLS.close(fd);
            }
            position = end;
        }
    }
}
