package io.umbra.engine.promotion;

import io.umbra.engine.metadata.MetadataHistory;
import io.umbra.engine.metadata.MetadataUnion;
import io.umbra.engine.metadata.SourceMetadata;
import io.umbra.journal.LogExport;
import org.apache.kafka.common.Uuid;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Carries a promotion out, or plans it. What can be refused is refused before anything is changed. Used once, by one
 * thread.
 */
public final class Promoter implements AutoCloseable
{
    private final PromotionRequest request;
    private final PromotionProgress progress;
    private final Phases phases = new Phases();
    private final List<Shadow> shadows = new ArrayList<>();
    private final List<TargetDirectory> targets = new ArrayList<>();
    private final boolean isEngineRunning;
    private ClusterBuild build;

    /**
     * Opens the journals and checks the request against them.
     *
     * @param request  of the operator.
     * @param progress is told how it goes on.
     * @throws PromotionRefusedException if it cannot be done.
     */
    public Promoter(final PromotionRequest request, final PromotionProgress progress)
    {
        this.request = request;
        this.progress = progress;
        final Map<String, String> protocols = protocols(request);
        for (final PromotionRequest.Node node : request.nodes())
        {
            shadows.add(new Shadow(node.config(), new NodeTarget(
                node.nodeId(),
                node.target().toAbsolutePath().normalize(),
                Listener.parse("--listeners", node.listeners(), protocols),
                controllerListener(node, protocols))));
        }
        checkNodes();
        isEngineRunning = shadows.stream().anyMatch(Shadow::isEngineRunning);
        if (null != request.drainTimeout() && !shadows.stream().allMatch(Shadow::isEngineRunning))
        {
            throw new PromotionRefusedException(
                "option '--drain': the engine is not running, so that nothing more can come; allowed is to start it, " +
                    "or to go without");
        }
    }

    /** Those that the operator's settings give to listeners, in capital letters and without a word of the others. */
    private static Map<String, String> protocols(final PromotionRequest request)
    {
        final Map<String, String> protocols = new HashMap<>();
        for (final String pair :
            request.settings().getProperty("listener.security.protocol.map", "").split(","))
        {
            final String[] parts = pair.trim().split(":", 2);
            if (2 == parts.length)
            {
                protocols.put(parts[0].trim().toUpperCase(Locale.ROOT), parts[1].trim());
            }
        }

        return protocols;
    }

    private static Listener controllerListener(
        final PromotionRequest.Node node, final Map<String, String> protocols)
    {
        final Map<String, String> known = new HashMap<>(protocols);
        known.putIfAbsent("CONTROLLER", "PLAINTEXT");
        final List<Listener> listeners = Listener.parse("--controller-listener", node.controllerListener(), known);
        if (1 != listeners.size())
        {
            throw new PromotionRefusedException("option '--controller-listener' has value '" +
                node.controllerListener() + "': allowed is one listener, such as CONTROLLER://HOST:PORT");
        }

        return listeners.get(0);
    }

    private void checkNodes()
    {
        final Set<Object> once = new HashSet<>();
        for (final Shadow shadow : shadows)
        {
            final NodeTarget target = shadow.target();
            if (target.nodeId() < 0 || !once.add(target.nodeId()))
            {
                throw new PromotionRefusedException("option '--node-id' has value '" + target.nodeId() +
                    "': allowed is a number from 0 up, another one for each node");
            }
            if (!once.add(target.dir()))
            {
                throw new PromotionRefusedException("option '--target' has value '" + target.dir() +
                    "': allowed is another directory for each node");
            }
            if (!once.add(shadow.journalDir()))
            {
                throw new PromotionRefusedException(shadow.config().file() + ": journal.dir=" + shadow.journalDir() +
                    " is the journal of another CONFIG too");
            }
            final List<Listener> listeners = new ArrayList<>(target.listeners());
            listeners.add(target.controllerListener());
            final Set<String> names = new HashSet<>();
            for (final Listener listener : listeners)
            {
                if (!names.add(listener.name()) || !once.add(listener.address()))
                {
                    throw new PromotionRefusedException("listener " + listener +
                        " is there twice: allowed is another name for each of a node's, and another address for each");
                }
            }
            final TargetDirectory directory = new TargetDirectory(target);
            directory.check(shadow.journalDir(), request.transfer());
            targets.add(directory);
        }
    }

    /**
     * Plans, and changes nothing.
     *
     * @return what would be done.
     * @throws IOException               if a journal cannot be read.
     * @throws PromotionRefusedException if it cannot be done.
     */
    public PromotionReport plan() throws IOException
    {
        final Instant time = Instant.now();
        final String sourceClusterId = sourceClusterId();
        final Cut cut = cut();
        final PromotionPlan plan = planner(select(cut), cut, time).plan();
        phases.end("plan");

        return new ReportBuilder(request, shadows, plan, time)
            .build(null, sourceClusterId, isEngineRunning, phases.durationsMs(), null);
    }

    /**
     * Promotes.
     *
     * @return what has been done.
     * @throws IOException               if it failed half-way; the journals are as they were.
     * @throws PromotionRefusedException if it cannot be done; nothing has been changed.
     */
    public PromotionReport promote() throws IOException
    {
        sourceClusterId();
        final String clusterId = Uuid.randomUuid().toString();
        final Cut cut = cut();
        Selection selection = select(cut);
        final LinkPromotion link = new LinkPromotion(request, shadows, clusterId);
        link.check(selection);
        final Drain drain = new Drain(request, shadows, progress);
        phases.end("select");
        if (null != request.drainTimeout())
        {
            progress.onProgress("waiting until all that the source has is here");
            drain.await(selection);
            phases.end("drain");
            selection = select(cut);
        }
        final PromotionReport report;
        try
        {
            for (final TargetDirectory target : targets)
            {
                target.begin(clusterId);
            }
            takeOver(link, selection);
            if (null != request.drainTimeout())
            {
                drain.sample(selection);
            }
            report = carryOut(selection, cut, clusterId);
        }
        catch (final IOException | RuntimeException ex)
        {
            link.withdraw();
            targets.forEach(TargetDirectory::discard);
            throw ex;
        }
        if (LogExport.Transfer.MOVE == request.transfer())
        {
            build.leaveJournals();
        }

        return report;
    }

    /** From here on nobody writes to the topics, or in a drill nobody new. */
    private void takeOver(final LinkPromotion link, final Selection selection) throws IOException
    {
        if (!request.isDrill())
        {
            progress.onProgress("taking the topics off the link");
            link.begin(selection);
        }
        shadows.stream().filter((shadow) -> !shadow.isEngineRunning()).forEach(Shadow::lock);
        selection.refresh();
        phases.end("takeOver");
    }

    private PromotionReport carryOut(final Selection selection, final Cut cut, final String clusterId)
        throws IOException
    {
        final Instant time = Instant.now();
        progress.onProgress("planning");
        final PromotionPlan plan = planner(selection, cut, time).plan();
        phases.end("plan");
        build = new ClusterBuild(request, targets, plan, superUsers(plan.metadata()), clusterId, time);
        progress.onProgress(plan.partitions().size() + " partitions");
        build.logs();
        phases.end("logs");
        build.metadata();
        phases.end("metadata");
        final ReportBuilder builder = new ReportBuilder(request, shadows, plan, time);
        builder.exported(build.exported());
        final PromotionReport report = builder.build(
            clusterId, sourceClusterId(), isEngineRunning, phases.durationsMs(), build.checksums());
        build.finish(report);

        return report;
    }

    private Selection select(final Cut cut) throws IOException
    {
        final SourceMetadata metadata = metadata();
        superUsers(metadata);

        return Selection.of(shadows, request.topics(), metadata, cut);
    }

    /** Of what an engine is writing all that is durable at that moment, of all else everything; or what was then. */
    private Cut cut()
    {
        return null == request.asOf() ? Cut.NOW : LedgerCut.read(shadows, request.asOf());
    }

    private Planner planner(final Selection selection, final Cut cut, final Instant time)
    {
        final SourceMetadata metadata = metadata();

        return new Planner(shadows, selection, metadata, cut,
            // What moves is linked first, and leaves the journal when all is done.
            LogExport.Transfer.MOVE == request.transfer() ? LogExport.Transfer.LINK : request.transfer(),
            superUsers(metadata),
            time.toEpochMilli());
    }

    private SuperUsers superUsers(final SourceMetadata metadata)
    {
        return SuperUsers.of(
            !metadata.acls().isEmpty(), request, shadows.stream().map(Shadow::target).toList());
    }

    private SourceMetadata metadata()
    {
        final long asOfNs = null == request.asOf() ? Long.MAX_VALUE :
            ChronoUnit.NANOS.between(Instant.EPOCH, request.asOf());

        return MetadataUnion.of(
            shadows.stream().map((shadow) -> MetadataHistory.read(shadow.journalDir(), asOfNs)).toList());
    }

    private String sourceClusterId() throws IOException
    {
        final Shadow first = shadows.get(0);
        final String clusterId = first.clusterId();
        for (final Shadow shadow : shadows)
        {
            if (!Objects.equals(clusterId, shadow.clusterId()))
            {
                throw new PromotionRefusedException(shadow.config().file() + ": journal.dir=" + shadow.journalDir() +
                    " shadows cluster " + shadow.clusterId() + ", " + first.journalDir() + " cluster " + clusterId +
                    ": allowed are journals of one source");
            }
        }

        return clusterId;
    }

    /** Gives locks back. */
    @Override
    public void close()
    {
        shadows.forEach(Shadow::close);
    }
}
