package io.umbra.engine.promotion;

import io.umbra.engine.config.UmbraConfig;
import io.umbra.journal.LogExport;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * What an operator asks for.
 *
 * @param nodes        a journal each, and what becomes of it.
 * @param topics       whole names that are meant; null for the whole link.
 * @param asOf         moment at which all partitions are cut; null for their ends.
 * @param drainTimeout how long to wait until all that the source has is here; null for not at all.
 * @param isDrill      whether the link goes on as if nothing had happened.
 * @param transfer     how files get into the new directories.
 * @param superUsers   value of {@code super.users}; null for none.
 * @param settings     of the operator for {@code server.properties}; they win.
 * @param kafka        release that will open it.
 */
public record PromotionRequest(
    List<Node> nodes,
    Pattern topics,
    Instant asOf,
    Duration drainTimeout,
    boolean isDrill,
    LogExport.Transfer transfer,
    String superUsers,
    Properties settings,
    KafkaRelease kafka)
{
    /**
     * A node of the new cluster.
     *
     * @param config             of the link whose journal it gets.
     * @param target             its directory: missing, or empty.
     * @param nodeId             of the node.
     * @param listeners          for clients, such as {@code PLAINTEXT://db1:9092}.
     * @param controllerListener for controllers, such as {@code CONTROLLER://db1:9093}.
     */
    public record Node(UmbraConfig config, Path target, int nodeId, String listeners, String controllerListener)
    {
    }

    /** In a word. */
    String mode()
    {
        if (isDrill)
        {
            return null == asOf ? "drill" : "drill as of a time";
        }
        if (null != asOf)
        {
            return "point in time";
        }

        return null == drainTimeout ? "failover" : "planned";
    }
}
