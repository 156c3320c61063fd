package io.umbra.engine.promotion;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The same for many partitions, several at a time: one commit of the file system's journal serves all that wait for it.
 */
final class SideBySide
{
    private static final int THREADS = 8;

    /** What is done for each. */
    @FunctionalInterface
    interface Task<T, R>
    {
        R apply(T item) throws IOException;
    }

    private SideBySide()
    {
    }

    /**
     * Does it, and ends with the first failure.
     *
     * @return results in the order of the items.
     */
    static <T, R> List<R> map(final List<T> items, final Task<T, R> task) throws IOException
    {
        final ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, Math.min(THREADS, items.size())));
        try
        {
            final List<Future<R>> pending = new ArrayList<>();
            items.forEach((item) -> pending.add(threads.submit(() -> task.apply(item))));
            final List<R> results = new ArrayList<>();
            for (final Future<R> future : pending)
            {
                results.add(future.get());
            }

            return results;
        }
        catch (final ExecutionException ex)
        {
            if (ex.getCause() instanceof IOException failure)
            {
                throw failure;
            }
            if (ex.getCause() instanceof RuntimeException failure)
            {
                throw failure;
            }
            throw new IllegalStateException(ex.getCause());
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", ex);
        }
        finally
        {
            threads.shutdownNow();
        }
    }
}
