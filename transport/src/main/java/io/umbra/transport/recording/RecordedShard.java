package io.umbra.transport.recording;

import io.aeron.archive.status.RecordingPos;
import io.umbra.transport.ShardTransport;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;

/**
 * A shard's stream that is being recorded.
 *
 * @param shard         index of the shard.
 * @param recordingId   of its recording.
 * @param counters      of the media driver.
 * @param counterId     of the archive's counter that says how far the recording is.
 * @param startPosition where it began.
 * @param stream        that is recorded.
 * @param behind        has what was recorded written, and leave the page cache.
 * @param recordedBytes since then.
 * @param waits         times that the recorder held the stream up.
 */
record RecordedShard(
    int shard,
    long recordingId,
    CountersReader counters,
    int counterId,
    long startPosition,
    ShardTransport.ShardStream stream,
    WriteBehind behind,
    AtomicCounter recordedBytes,
    AtomicCounter waits)
{
    boolean isRecording()
    {
        return RecordingPos.isActive(counters, counterId, recordingId);
    }

    long position()
    {
        return counters.getCounterValue(counterId);
    }

    boolean isComplete()
    {
        return position() >= stream.publisher().position();
    }

    /** Whether there was enough to write. */
    boolean writeBehind()
    {
        return behind.follow(position());
    }

    void publish()
    {
        recordedBytes.setRelease(position() - startPosition);
    }

    /** On the FetchAgent's thread: a subscriber is behind, and if the journal is not, the recorder is. */
    void onBackPressure()
    {
        if (position() < stream.poller().position() && isRecording())
        {
            waits.incrementRelease();
        }
    }
}
