package io.umbra.engine.promotion;

import io.umbra.engine.status.TopicState;
import io.umbra.journal.PartitionKey;
import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The link's side of a promotion: its topics leave the link, a running engine lets go of them, and none takes them up
 * again.
 */
final class LinkPromotion
{
    private static final Logger LOGGER = LoggerFactory.getLogger(LinkPromotion.class);
    private static final long LET_GO_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long LOOK_AGAIN_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private final PromotionRequest request;
    private final List<Shadow> shadows;
    private final String clusterId;

    LinkPromotion(final PromotionRequest request, final List<Shadow> shadows, final String clusterId)
    {
        this.request = request;
        this.shadows = shadows;
        this.clusterId = clusterId;
    }

    /**
     * Checks, save for a drill, that none of the topics is promoted already.
     *
     * @throws IOException               if a journal cannot be read.
     * @throws PromotionRefusedException if one is.
     */
    void check(final Selection selection) throws IOException
    {
        if (request.isDrill())
        {
            return;
        }
        for (final Shadow shadow : shadows)
        {
            final List<Promotion> earlier = new Promotions(shadow.journalDir()).list();
            for (final Promotion.Topic topic : topics(selection))
            {
                final Promotion covering = Promotions.of(earlier, topic.name(), topic.id());
                if (null != covering && !TargetDirectory.isLeftUnfinished(covering.target()))
                {
                    throw new PromotionRefusedException("topic " + topic.name() + " is promoted already: to cluster " +
                        covering.clusterId() + " in " + covering.target() + ", at " +
                        Instant.ofEpochMilli(covering.timeMs()) + "; allowed is --drill, or other topics; if that " +
                        "cluster is no more, delete " + new Promotions(shadow.journalDir()).file(covering.clusterId()));
                }
            }
        }
    }

    private static List<Promotion.Topic> topics(final Selection selection)
    {
        final List<Promotion.Topic> topics = new ArrayList<>();
        selection.topics().forEach((name, partitions) ->
        {
            if (!partitions.isEmpty())
            {
                topics.add(new Promotion.Topic(name, partitions.get(partitions.firstKey()).topicId()));
            }
        });

        return topics;
    }

    /** Takes the topics off the link; returns when no engine touches them. */
    void begin(final Selection selection) throws IOException
    {
        for (final Shadow shadow : shadows)
        {
            final Promotions promotions = new Promotions(shadow.journalDir());
            for (final Promotion earlier : promotions.list())
            {
                if (TargetDirectory.isLeftUnfinished(earlier.target()))
                {
                    // It was interrupted, and this one takes its place.
                    promotions.remove(earlier.clusterId());
                }
            }
            promotions.add(new Promotion(
                clusterId,
                System.currentTimeMillis(),
                shadows.get(0).target().dir(),
                null == request.topics(),
                topics(selection)));
        }
        for (final Shadow shadow : shadows)
        {
            awaitLetGo(shadow, selection);
        }
    }

    private void awaitLetGo(final Shadow shadow, final Selection selection) throws IOException
    {
        final long deadlineNs = System.nanoTime() + LET_GO_TIMEOUT_NS;
        while (shadow.isEngineRunning() && !hasLetGo(shadow, selection))
        {
            if (System.nanoTime() - deadlineNs > 0)
            {
                throw new IOException("the engine does not let go of the topics: see umbra status " +
                    shadow.config().file());
            }
            LockSupport.parkNanos(LOOK_AGAIN_NS);
        }
    }

    private static boolean hasLetGo(final Shadow shadow, final Selection selection) throws IOException
    {
        final Map<PartitionKey, Map<UUID, SourceSample>> samples = shadow.samples();
        return selection.partitions().stream()
            .filter((partition) -> partition.shadow() == shadow)
            .map((partition) -> samples.getOrDefault(partition.key(), Map.of()).get(partition.topicId()))
            .allMatch((sample) -> null == sample || TopicState.PROMOTED == sample.topicState());
    }

    /** It has failed: the topics go back to the link. An engine that has let go of them needs a restart to see it. */
    void withdraw()
    {
        for (final Shadow shadow : shadows)
        {
            try
            {
                if (Files.exists(new Promotions(shadow.journalDir()).file(clusterId)) && shadow.isEngineRunning())
                {
                    LOGGER.warn("the engine has let go of the topics: restart it, so that it takes them up again");
                }
                new Promotions(shadow.journalDir()).remove(clusterId);
            }
            catch (final IOException ex)
            {
                LOGGER.error("the link still counts as promoted; delete {}",
                    new Promotions(shadow.journalDir()).file(clusterId), ex);
            }
        }
    }
}
