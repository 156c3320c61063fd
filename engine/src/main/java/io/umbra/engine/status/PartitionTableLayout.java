package io.umbra.engine.status;

/**
 * Layout of the partition table's file: a header page, then rows. Little endian; every field is aligned to its size and
 * has one writing thread, and fields of different writers are on different cache lines.
 * <pre>
 *   0                   4096                5120
 *  +-------------------+-------------------+-------------------+---
 *  | header            | row 0             | row 1             | ...
 *  +-------------------+-------------------+-------------------+---
 *
 *  Header, written by the control thread, save for the measurements
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   0                            Magic                              |
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   8                           Version                             |
 *   +---------------------------------------------------------------+
 *  12                           Node id                             |
 *   +---------------------------------------------------------------+
 *  16                         Process id                            |
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *  24                Engine start, ms since 1970                    |
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *  64                  Heartbeat, ms since 1970                     |
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *  72                       Rows in use                             |
 *   +---------------------------------------------------------------+
 *  76                       Link state                              |
 *   +---------------------------------------------------------------+
 *  80                   Clean stop (0 or 1)                         |
 *   +---------------------------------------------------------------+
 * 128                   Cluster id, a text                         ...
 *   +---------------------------------------------------------------+
 * 256                   Link name, a text                          ...
 *   +---------------------------------------------------------------+
 * 384                     Error, a text                            ...
 *   +---------------------------------------------------------------+
 * 640        Measurements of the sampler: RPO p50, p99, p99.9, max  |
 *            in ms as float64; bytes/s, records/s, bytes, records   |
 *            since the start, time of the sample in ms as int64    ...
 *   +---------------------------------------------------------------+
 * 768        RPO by method and window: for each its number of       |
 *            measurements as int64, p50, p99, p99.9, max in ms as   |
 *            float64; all 0 where nothing was measured             ...
 *   +---------------------------------------------------------------+
 * </pre>
 * A text is a sequence number (int32, odd while the text changes), a length (int32) and that many bytes of UTF-8.
 * <pre>
 *  Row
 *   +---------------------------------------------------------------+
 *   0   Identity: control thread                                    |
 *   +---------------------------------------------------------------+
 * 320   Source: FetchAgent                                          |
 *   +---------------------------------------------------------------+
 * 384   Journal: JournalAgent                                       |
 *   +---------------------------------------------------------------+
 * 448   Lag: sampler                                                |
 *   +---------------------------------------------------------------+
 * 512   Journal, second line: JournalAgent                          |
 *   +---------------------------------------------------------------+
 * 576   Error on the way from the source, a text: FetchAgent       ...
 *   +---------------------------------------------------------------+
 * 800   Error of the journal, a text: JournalAgent                 ...
 *   +---------------------------------------------------------------+
 * </pre>
 */
final class PartitionTableLayout
{
    /** "UMBRATBL" in the file's byte order. */
    static final long MAGIC = 0x4C42_5441_5242_4D55L;
    static final int VERSION = 2;

    static final int HEADER_LENGTH = 4096;
    static final int ROW_LENGTH = 1024;
    static final int ROWS_PER_CHUNK_SHIFT = 10;
    static final int ROWS_PER_CHUNK = 1 << ROWS_PER_CHUNK_SHIFT;
    static final int CHUNK_LENGTH = ROWS_PER_CHUNK * ROW_LENGTH;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 8;
    static final int NODE_ID_OFFSET = 12;
    static final int PID_OFFSET = 16;
    static final int START_TIME_OFFSET = 24;
    static final int HEARTBEAT_OFFSET = 64;
    static final int ROW_COUNT_OFFSET = 72;
    static final int LINK_STATE_OFFSET = 76;
    static final int CLEAN_STOP_OFFSET = 80;
    static final int CLUSTER_ID_OFFSET = 128;
    static final int CLUSTER_ID_LENGTH = 128;
    static final int LINK_NAME_OFFSET = 256;
    static final int LINK_NAME_LENGTH = 128;
    static final int LINK_ERROR_OFFSET = 384;
    static final int LINK_ERROR_LENGTH = 256;
    static final int RPO_P50_OFFSET = 640;
    static final int RPO_P99_OFFSET = 648;
    static final int RPO_P999_OFFSET = 656;
    static final int RPO_MAX_OFFSET = 664;
    static final int BYTES_PER_SECOND_OFFSET = 672;
    static final int RECORDS_PER_SECOND_OFFSET = 680;
    static final int TOTAL_BYTES_OFFSET = 688;
    static final int TOTAL_RECORDS_OFFSET = 696;
    static final int SAMPLE_TIME_OFFSET = 704;

    static final int RPO_WINDOWS_OFFSET = 768;
    static final int RPO_WINDOW_LENGTH = 40;

    static final int PARTITION_OFFSET = 0;
    static final int SHARD_OFFSET = 4;
    static final int TOPIC_ID_HIGH_OFFSET = 8;
    static final int TOPIC_ID_LOW_OFFSET = 16;
    static final int ASSIGNMENT_TIME_OFFSET = 24;
    static final int TOPIC_STATE_OFFSET = 32;
    static final int TOPIC_OFFSET = 40;
    static final int TOPIC_LENGTH = 280;

    static final int LEADER_ID_OFFSET = 320;
    static final int LEADER_EPOCH_OFFSET = 324;
    static final int FETCH_TIME_OFFSET = 328;
    static final int SOURCE_LOG_START_OFFSET = 336;
    static final int HIGH_WATERMARK_OFFSET = 344;
    static final int FETCH_POSITION_OFFSET = 352;
    static final int FETCH_STATE_OFFSET = 360;
    static final int ASSIGNMENT_EPOCH_OFFSET = 364;

    static final int LOG_START_OFFSET = 384;
    static final int END_OFFSET = 392;
    static final int DURABLE_OFFSET = 400;
    static final int COMMIT_NANO_TIME_OFFSET = 408;
    static final int COMMIT_TIME_OFFSET = 416;
    static final int BYTES_OFFSET = 424;
    static final int RECORDS_OFFSET = 432;
    static final int LAST_EPOCH_OFFSET = 440;
    static final int JOURNAL_STATE_OFFSET = 444;

    static final int SAMPLED_END_OFFSET = 448;
    static final int SAMPLED_TIME_OFFSET = 456;
    static final int LAG_OFFSET = 464;
    static final int RPO_COUNT_OFFSET = 472;
    static final int RPO_ROW_P50_OFFSET = 480;
    static final int RPO_ROW_P99_OFFSET = 484;
    static final int RPO_ROW_P999_OFFSET = 488;
    static final int RPO_ROW_MAX_OFFSET = 492;

    static final int LAST_STABLE_OFFSET = 512;

    static final int FETCH_ERROR_OFFSET = 576;
    static final int JOURNAL_ERROR_OFFSET = 800;
    static final int ERROR_LENGTH = 224;

    private PartitionTableLayout()
    {
    }
}
