package io.umbra.engine.control;

import io.umbra.engine.source.SourceSettings;
import org.apache.kafka.clients.admin.AbstractOptions;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.InterruptException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;

/**
 * Kafka's admin client on the source, and how to wait for its answers. For one thread, except for {@link #abort}.
 */
final class SourceAdmin
{
    private static final int CALL_TIMEOUT_MS = 15_000;
    private static final int MAX_NAMES_PER_CALL = 200;

    private final SourceSettings settings;
    private Admin admin;
    private boolean isAborted;

    SourceAdmin(final SourceSettings settings)
    {
        this.settings = settings;
    }

    /**
     * What the source says of itself.
     *
     * @param clusterId  of the source.
     * @param operations that the link's user may do on the cluster.
     */
    record Cluster(String clusterId, Set<AclOperation> operations)
    {
    }

    /**
     * The client, which is made when it is needed.
     *
     * @throws KafkaException if it cannot be, for one since no address resolves.
     */
    synchronized Admin client()
    {
        if (isAborted)
        {
            throw new KafkaException("the engine stops");
        }
        if (null == admin)
        {
            admin = settings.admin("metadata");
        }
        return admin;
    }

    /** Give up what is being asked, for good. From any thread. */
    synchronized void abort()
    {
        isAborted = true;
        renew();
    }

    /** Begin anew at the next call: an answer that is noise ends the client's thread. */
    synchronized void renew()
    {
        if (null != admin)
        {
            admin.close(Duration.ZERO);
            admin = null;
        }
    }

    Cluster cluster()
    {
        final DescribeClusterResult result = client().describeCluster(
            limited(new DescribeClusterOptions()).includeAuthorizedOperations(true));
        final Set<AclOperation> operations = await(result.authorizedOperations());
        return new Cluster(await(result.clusterId()), null == operations ? Set.of() : operations);
    }

    /** Options of a call that ends in time. */
    static <T extends AbstractOptions<T>> T limited(final T options)
    {
        return options.timeoutMs(CALL_TIMEOUT_MS);
    }

    /**
     * Wait for an answer.
     *
     * @throws KafkaException that the client gave.
     */
    static <T> T await(final KafkaFuture<T> answer)
    {
        try
        {
            return answer.get();
        }
        catch (final ExecutionException ex)
        {
            if (ex.getCause() instanceof KafkaException)
            {
                throw (KafkaException)ex.getCause();
            }
            throw new KafkaException(ex.getCause());
        }
        catch (final InterruptedException ex)
        {
            throw new InterruptException(ex);
        }
    }

    /** Few enough for one call. */
    static <T> List<List<T>> parts(final Collection<T> all)
    {
        final List<T> list = List.copyOf(all);
        final List<List<T>> parts = new ArrayList<>();
        for (int from = 0; from < list.size(); from += MAX_NAMES_PER_CALL)
        {
            parts.add(list.subList(from, Math.min(list.size(), from + MAX_NAMES_PER_CALL)));
        }
        return parts;
    }
}
