package io.umbra.engine.scrub;

import io.umbra.engine.config.ScrubSettings;
import io.umbra.engine.source.SourceEvents;
import io.umbra.engine.status.ScrubStatusFile;
import io.umbra.engine.status.StatusReport.Scrub;
import io.umbra.engine.status.StatusReport.ScrubFinding;
import io.umbra.engine.verify.Difference;
import io.umbra.engine.verify.VerifySource;
import io.umbra.journal.Incident;
import io.umbra.journal.Incidents;
import io.umbra.journal.JournalDirectory;
import io.umbra.journal.PartitionKey;
import io.umbra.journal.Promotion;
import io.umbra.journal.Promotions;
import io.umbra.journal.SegmentAudit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.EpochClock;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CancellationException;

/**
 * Reads the shadow's sealed segments again, one pass after the other, and tells what is not as it should be: in the
 * status, as an event, and as an incident. It disturbs nobody: it has a thread of its own, on which it waits for the
 * disk and for the source, and reads no more bytes in a second than it may. What it finds never stops anything. A pass
 * that the end of the engine has interrupted goes on at the partition that it had come to.
 */
public final class Scrubber implements Agent
{
    private static final long STATUS_INTERVAL_MS = 1_000;
    /** As long as there is nothing sealed, and after what should not happen. */
    private static final long LOOK_AGAIN_MS = 10_000;

    private final Context ctx;
    private final Pace diskPace;
    private final SourceCheck sourceCheck;
    private final Deque<PartitionKey> partitions = new ArrayDeque<>();
    private final Deque<SegmentAudit.Segment> segments = new ArrayDeque<>();
    private Findings findings = new Findings(List.of());
    private SegmentAudit audit;
    private PartitionKey partition;
    private String resumeAt;
    private String problem;
    private String lastCompleted;
    private boolean isRunning;
    private long pass;
    private long progressBytes;
    private long totalBytes;
    private long nextPassMs;
    private long nextStatusMs;
    private volatile boolean isStopped;

    /**
     * What the scrubber needs.
     *
     * @param journalDir  of the journal.
     * @param settings    how much, how often.
     * @param source      to compare with, on connections of its own; null if nothing is to be compared.
     * @param abortSource makes a question to the source that waits for its answer give up; any thread calls it.
     * @param incidents   where findings are written down.
     * @param events      where news for the operator go.
     * @param clock       milliseconds since 1970.
     */
    public record Context(
        Path journalDir,
        ScrubSettings settings,
        VerifySource source,
        Runnable abortSource,
        Incidents incidents,
        SourceEvents events,
        EpochClock clock)
    {
    }

    /**
     * Nothing is read before the agent runs.
     *
     * @param ctx what it needs.
     */
    public Scrubber(final Context ctx)
    {
        this.ctx = ctx;
        final long rate = ctx.settings.bytesPerSecond();
        diskPace = new Pace(rate, () -> isStopped);
        sourceCheck = null == ctx.source ? null :
            new SourceCheck(ctx.journalDir, ctx.source, diskPace, new Pace(rate, () -> isStopped));
    }

    /**
     * An engine that does not scrub says so; what was found before is still told.
     *
     * @param journalDir of the journal.
     * @param events     where news for the operator go.
     */
    public static void disable(final Path journalDir, final SourceEvents events)
    {
        try
        {
            final Scrub earlier = ScrubStatusFile.read(journalDir);
            if (!Scrub.DISABLED.equals(earlier.state()))
            {
                ScrubStatusFile.write(journalDir, earlier.in(Scrub.DISABLED));
            }
        }
        catch (final IOException ex)
        {
            events.warn("scrub: its status cannot be read or written: " + ex);
        }
    }

    /** Read nothing more, and give up waiting. From any thread. */
    public void stop()
    {
        isStopped = true;
        ctx.abortSource.run();
    }

    @Override
    public void onStart()
    {
        nextPassMs = ctx.clock.time();
        try
        {
            goOn(ScrubStatusFile.read(ctx.journalDir));
        }
        catch (final IOException ex)
        {
            ctx.events.warn("scrub: begins anew, for what it did before cannot be read: " + ex.getMessage());
        }
        writeStatus();
    }

    private void goOn(final Scrub earlier)
    {
        findings = new Findings(earlier.findings());
        pass = earlier.pass();
        lastCompleted = earlier.lastCompleted();
        resumeAt = earlier.partition();
        progressBytes = earlier.progressBytes();
        totalBytes = earlier.totalBytes();
        if (null == resumeAt && null != lastCompleted)
        {
            nextPassMs = Instant.parse(lastCompleted).toEpochMilli() + ctx.settings.intervalMs();
        }
    }

    @Override
    public int doWork()
    {
        if (isStopped || !isRunning && ctx.clock.time() < nextPassMs)
        {
            return 0;
        }
        try
        {
            if (isRunning)
            {
                step();
            }
            else
            {
                begin();
            }
        }
        catch (final CancellationException ex)
        {
            return 0;
        }
        catch (final IOException ex)
        {
            problem = ex.toString();
            ctx.events.warn("scrub: " + ex);
            nextPassMs = ctx.clock.time() + LOOK_AGAIN_MS;
        }
        return 1;
    }

    @Override
    public void onClose()
    {
        writeStatus();
    }

    @Override
    public String roleName()
    {
        return "umbra-scrubber";
    }

    private void begin() throws IOException
    {
        final long already = collect();
        if (0 == totalBytes)
        {
            nextPassMs = ctx.clock.time() + Math.min(LOOK_AGAIN_MS, ctx.settings.intervalMs());
            return;
        }
        isRunning = true;
        pass += 0 == already && null == resumeAt ? 1 : 0;
        progressBytes = already;
        problem = null;
        if (null != sourceCheck)
        {
            sourceCheck.begin();
        }
        writeStatus();
    }

    /** What there is to be read; returns how many bytes of it an earlier run has. */
    private long collect() throws IOException
    {
        partitions.clear();
        totalBytes = 0;
        findings.begin();
        final List<PartitionKey> all = JournalDirectory.partitions(ctx.journalDir);
        final boolean isResumed = all.stream().anyMatch((key) -> key.toString().equals(resumeAt));
        resumeAt = isResumed ? resumeAt : null;
        long already = 0;
        boolean isBefore = isResumed;
        for (final PartitionKey key : all)
        {
            isBefore &= !key.toString().equals(resumeAt);
            final long bytes = sealedBytes(key);
            totalBytes += bytes;
            if (isBefore)
            {
                already += bytes;
                findings.keep(key.topic(), key.partition());
            }
            else
            {
                partitions.add(key);
            }
        }
        return already;
    }

    private long sealedBytes(final PartitionKey key) throws IOException
    {
        try
        {
            return SegmentAudit.open(ctx.journalDir.resolve(key.toString())).sealed().stream()
                .mapToLong(SegmentAudit.Segment::sizeInBytes)
                .sum();
        }
        catch (final NoSuchFileException ex)
        {
            return 0;
        }
    }

    private void step() throws IOException
    {
        resumeAt = null;
        if (!segments.isEmpty())
        {
            scrub(segments.poll());
        }
        else if (!partitions.isEmpty())
        {
            partition = partitions.poll();
            open();
        }
        else
        {
            end();
        }
        writeStatusIfDue();
    }

    private void open() throws IOException
    {
        try
        {
            audit = SegmentAudit.open(ctx.journalDir.resolve(partition.toString()));
            final List<Promotion> promotions = new Promotions(ctx.journalDir).list();
            // What was promoted is another cluster's.
            if (null == Promotions.of(promotions, partition.topic(), audit.topicId()))
            {
                segments.addAll(audit.sealed());
            }
        }
        catch (final NoSuchFileException ex)
        {
            // Retired or deleted since the pass began.
            segments.clear();
        }
    }

    private void end()
    {
        findings.end();
        isRunning = false;
        partition = null;
        totalBytes = progressBytes;
        final long nowMs = ctx.clock.time();
        lastCompleted = Instant.ofEpochMilli(nowMs).toString();
        nextPassMs = nowMs + ctx.settings.intervalMs();
        ctx.events.info("scrub: pass " + pass + " has read " + progressBytes + " bytes of sealed segments" +
            (null == sourceCheck ? "" : " and compared " + sourceCheck.comparedBytes() + " with the source") + ", " +
            findings.count() + " findings" + (null == problem() ? "" : "; left out: " + problem()));
        writeStatus();
    }

    private void scrub(final SegmentAudit.Segment segment) throws IOException
    {
        final long before = progressBytes;
        final List<ScrubFinding> found = new ArrayList<>();
        final String name = segment.file().getFileName().toString();
        try
        {
            audit.check(segment, this::onRead).forEach((finding) -> found.add(finding(
                finding.kind().name(), finding.offset(), finding.lastOffset(), name, finding.position(),
                finding.text())));
            if (found.isEmpty() && null != sourceCheck)
            {
                compare(segment, name, found);
            }
        }
        catch (final IOException ex)
        {
            problem = name + " of " + partition + " cannot be opened: " + ex.getMessage();
            ctx.events.warn("scrub: " + problem);
        }
        progressBytes = before + segment.sizeInBytes();
        totalBytes = Math.max(totalBytes, progressBytes);
        report(findings.replace(partition.topic(), partition.partition(), name, found));
    }

    private void compare(final SegmentAudit.Segment segment, final String name, final List<ScrubFinding> found)
        throws IOException
    {
        for (final Difference difference : sourceCheck.compare(partition, audit.topicId(), segment))
        {
            found.add(finding(difference.kind().name(), difference.offset(), difference.lastOffset(), name,
                difference.position(), difference.text()));
        }
    }

    private ScrubFinding finding(
        final String kind,
        final long offset,
        final long lastOffset,
        final String name,
        final long position,
        final String text)
    {
        return new ScrubFinding(kind, partition.topic(), partition.partition(), offset, lastOffset, name, position,
            Instant.ofEpochMilli(ctx.clock.time()).toString(), text);
    }

    private void report(final List<ScrubFinding> added)
    {
        final UUID topicId = audit.topicId();
        for (final ScrubFinding finding : added)
        {
            final String text = finding.kind() + " offset " + finding.offset() + " (to " + finding.lastOffset() +
                "), " + finding.segment() + " position " + finding.position() + ": " + finding.text();
            ctx.events.warn("scrub: " + partition + ": " + text);
            try
            {
                ctx.incidents.add(new Incident(
                    isDamage(finding) ? Incident.Kind.DAMAGE : Incident.Kind.DIFFERENCE, finding.topic(), topicId,
                    finding.partition(), finding.offset(), finding.lastOffset() + 1, ctx.clock.time(), text));
            }
            catch (final IOException ex)
            {
                ctx.events.warn("scrub: the incident cannot be written down: " + ex);
            }
        }
        if (!added.isEmpty())
        {
            writeStatus();
        }
    }

    private static boolean isDamage(final ScrubFinding finding)
    {
        try
        {
            SegmentAudit.Kind.valueOf(finding.kind());
            return true;
        }
        catch (final IllegalArgumentException ex)
        {
            return false;
        }
    }

    private void onRead(final int bytes)
    {
        progressBytes += bytes;
        writeStatusIfDue();
        diskPace.take(bytes);
    }

    private String problem()
    {
        return null != problem || null == sourceCheck ? problem : sourceCheck.problem();
    }

    private void writeStatusIfDue()
    {
        if (ctx.clock.time() >= nextStatusMs)
        {
            writeStatus();
        }
    }

    private void writeStatus()
    {
        nextStatusMs = ctx.clock.time() + STATUS_INTERVAL_MS;
        final List<ScrubFinding> told = findings.told();
        final String at = null != resumeAt ? resumeAt : null == partition ? null : partition.toString();
        try
        {
            ScrubStatusFile.write(ctx.journalDir, new Scrub(
                isRunning ? Scrub.RUNNING : Scrub.WAITING, pass, at, progressBytes, totalBytes,
                null == sourceCheck ? 0 : sourceCheck.comparedBytes(), lastCompleted, told,
                findings.count() - told.size(), problem()));
        }
        catch (final IOException ex)
        {
            // It is only for those who look on; the next one may succeed.
            ctx.events.warn("scrub: its status cannot be written: " + ex);
        }
    }
}
