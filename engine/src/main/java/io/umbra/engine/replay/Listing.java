package io.umbra.engine.replay;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.umbra.engine.recording.Run;
import io.umbra.engine.status.StatusText;
import io.umbra.transport.recording.ArchiveDirectory;
import io.umbra.transport.recording.Recording;
import io.umbra.transport.recording.RecordingReader;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;

/**
 * {@code umbra replay list}: what an archive holds.
 *
 * @param archive    directory of the archive.
 * @param live       whether an engine is recording.
 * @param bytes      of the streams that are there, over all recordings.
 * @param recordings by id.
 * @param runs       of engines, in their order.
 */
public record Listing(String archive, boolean live, long bytes, List<Row> recordings, List<RunRow> runs)
{
    /**
     * A recording.
     *
     * @param recording     id of the recording.
     * @param shard         whose stream it is.
     * @param state         {@code RECORDING}, {@code CLOSED}, or {@code NOT_CLOSED} if its engine was killed.
     * @param from          time of the first message, in ISO 8601; null if there is none that is understood.
     * @param to            time of the last message, likewise.
     * @param startPosition first position that is there.
     * @param endPosition   position behind the last message.
     * @param bytes         between the two.
     * @param files         that hold them.
     * @param missingFiles  that should be there and are not.
     * @param diskBytes     that the files take.
     */
    public record Row(
        long recording,
        int shard,
        String state,
        String from,
        String to,
        long startPosition,
        long endPosition,
        long bytes,
        int files,
        int missingFiles,
        long diskBytes)
    {
    }

    /**
     * A run of an engine.
     *
     * @param started    when it began, in ISO 8601.
     * @param link       name of the link.
     * @param clusterId  of the source, or null.
     * @param partitions that were fetched.
     */
    public record RunRow(String started, String link, String clusterId, int partitions)
    {
    }

    /**
     * Looks at an archive.
     *
     * @param archive to be listed.
     * @return what it holds.
     * @throws IOException if it cannot be read.
     */
    public static Listing of(final FlightRecording archive) throws IOException
    {
        final List<Row> rows = new ArrayList<>();
        long bytes = 0;
        for (final Recording recording : archive.recordings())
        {
            final Row row = row(archive, recording);
            rows.add(row);
            bytes += row.bytes();
        }
        final List<RunRow> runs = new ArrayList<>();
        for (final Run run : archive.runs())
        {
            runs.add(new RunRow(Instant.ofEpochMilli(run.startTimeMs()).toString(), run.link(), run.clusterId(),
                run.partitions().size()));
        }
        return new Listing(archive.dir().toString(), archive.isLive(), bytes, rows, runs);
    }

    private static Row row(final FlightRecording archive, final Recording recording) throws IOException
    {
        final Path dir = archive.dir();
        final long end = RecordingReader.endOf(dir, recording);
        final NavigableSet<Long> bases = ArchiveDirectory.segments(dir, recording.id());
        int missing = 0;
        for (long base = recording.segmentBase(recording.startPosition()); base < end;
            base += recording.segmentLength())
        {
            missing += bases.contains(base) ? 0 : 1;
        }
        long diskBytes = 0;
        for (final long base : bases)
        {
            diskBytes += Files.size(ArchiveDirectory.segment(dir, recording.id(), base));
        }
        final long firstNs = RecordingSeek.firstTimeNs(dir, recording, recording.startPosition(), end);
        final long lastNs = RecordingSeek.lastTimeNs(dir, recording, end);
        return new Row(
            recording.id(),
            recording.shard(),
            recording.isStopped() ? "CLOSED" : archive.isLive() ? "RECORDING" : "NOT_CLOSED",
            firstNs < 0 ? null : Show.time(firstNs),
            lastNs < 0 ? null : Show.time(lastNs),
            recording.startPosition(),
            end,
            end - recording.startPosition(),
            bases.size(),
            missing,
            diskBytes);
    }

    /**
     * For programs.
     *
     * @return a JSON document.
     */
    public String json()
    {
        try
        {
            return new ObjectMapper().writer().with(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this) +
                System.lineSeparator();
        }
        catch (final IOException ex)
        {
            throw new IllegalStateException("a listing has no JSON form", ex);
        }
    }

    /**
     * For people.
     *
     * @return text of several lines.
     */
    public String text()
    {
        final StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "archive %s   %s   %s in %d recordings%n",
            archive, live ? "being recorded" : "not being recorded", StatusText.bytes(bytes), recordings.size()));
        text.append(String.format(Locale.ROOT, "%n%9s %5s  %-10s %-30s %-30s %15s %15s %10s %6s%n",
            "RECORDING", "SHARD", "STATE", "FROM", "TO", "START-POSITION", "END-POSITION", "BYTES", "FILES"));
        for (final Row row : recordings)
        {
            text.append(String.format(Locale.ROOT, "%9d %5d  %-10s %-30s %-30s %15d %15d %10s %6d%s%n",
                row.recording, row.shard, row.state, null == row.from ? "-" : row.from, null == row.to ? "-" : row.to,
                row.startPosition, row.endPosition, StatusText.bytes(row.bytes), row.files,
                0 == row.missingFiles ? "" : "  " + row.missingFiles + " files are missing"));
        }
        text.append(System.lineSeparator());
        for (final RunRow run : runs)
        {
            text.append(String.format(Locale.ROOT, "run of link %s since %s, cluster %s, %d partitions%n",
                run.link, run.started, null == run.clusterId ? "-" : run.clusterId, run.partitions));
        }
        return text.toString();
    }
}
