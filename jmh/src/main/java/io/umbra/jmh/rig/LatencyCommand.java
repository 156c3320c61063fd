package io.umbra.jmh.rig;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.umbra.engine.status.PartitionTable;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * {@code bench latency}: how long after a record was due to be sent it is in the shadow, beside what a plain consumer
 * sees in the same run.
 */
@Command(
    name = "latency",
    description = "Records at a fixed rate: from the moment that each was due until it is journaled, and until a " +
        "plain KafkaConsumer in another process has it. OK when the rate was achieved, otherwise FAIL.",
    mixinStandardHelpOptions = true)
final class LatencyCommand implements Callable<Integer>
{
    private static final double PERCENT = 100;
    private static final double ACHIEVED = 0.99;
    private static final double CALIBRATION_SECONDS = 10;
    private static final int SECONDS_PER_MINUTE = 60;
    private static final long POLL_MS = 20;
    private static final long TIMEOUT_S = 120;

    @Mixin
    private RigOptions rig;

    @Option(names = "--load", split = ",",
        description = "Percent of what producer, broker, consumer and Umbra reach together; default: 10,50,80.")
    private List<Integer> loads = List.of(10, 50, 80);

    @Option(names = "--minutes", description = "Of each measurement; default: ${DEFAULT-VALUE}.")
    private double minutes = 1;

    @Option(names = "--warm-up", description = "Seconds before each; default: ${DEFAULT-VALUE}.")
    private double warmUpSeconds = 15;

    @Option(names = "--partitions", description = "Partitions of the topic; default: ${DEFAULT-VALUE}.")
    private int partitions = 6;

    @Option(names = "--record-size", description = "Bytes of a record's value; default: ${DEFAULT-VALUE}.")
    private int recordSize = 1024;

    @Option(names = "--max-rate", description = "Records per second that are 100 percent; default: measured first.")
    private double maxRate;

    @Option(names = "--flush", split = ",", description = "Values of journal.flush; default: interval:100,commit.")
    private List<String> flushPolicies = List.of("interval:100", "commit");

    @Option(names = "--bare",
        description = "Beside them a loop that fetches and throws away, in a process of its own: the least lag that " +
            "anyone can have who fetches.")
    private boolean isBareRun;

    @Option(names = "--histograms", paramLabel = "DIR",
        description = "Writes the percentile distributions there, two for each measurement.")
    private Path histograms;

    private Path folder;
    private Source source;
    private int topics;

    /**
     * One measurement.
     *
     * @param flush             policy of the journal.
     * @param load              percent.
     * @param targetRate        records per second that were due.
     * @param achievedRate      that were sent.
     * @param verdict           OK, or FAIL when the rate was not achieved.
     * @param journaled         latency in milliseconds until journaled; durable with {@code commit}.
     * @param consumer          latency in milliseconds until the consumer had it.
     * @param lagMsOfTraffic    records acknowledged and not journaled, as milliseconds of traffic.
     * @param consumerLag       records acknowledged that the consumer did not have, likewise.
     * @param bareLag           records acknowledged that a bare fetch loop did not have, likewise; null without one.
     * @param looks             milliseconds from one look of the observer to the next, which are due every 0.05: what
     *                          the machine adds to whatever waits for a core.
     * @param cpuSecondsPerGib  of the engine.
     * @param cpuCores          that the engine used.
     */
    record Result(
        String flush,
        int load,
        double targetRate,
        double achievedRate,
        String verdict,
        Map<String, Double> journaled,
        Map<String, Double> consumer,
        Map<String, Double> lagMsOfTraffic,
        Map<String, Double> consumerLag,
        @JsonInclude(JsonInclude.Include.NON_NULL) Map<String, Double> bareLag,
        Map<String, Double> looks,
        double cpuSecondsPerGib,
        double cpuCores)
    {
    }

    /**
     * The document.
     *
     * @param maxRate     records per second that are 100 percent.
     * @param results     of all measurements.
     * @param environment the machine.
     */
    record Document(double maxRate, List<Result> results, Map<String, String> environment)
    {
    }

    /**
     * {@inheritDoc}
     */
    @Override
    public Integer call() throws Exception
    {
        folder = rig.createFolder();
        try (Source cluster = Source.launch(folder.resolve("source"), 1))
        {
            source = cluster;
            if (0 == maxRate)
            {
                maxRate = calibrate();
            }
            rig.say("100 percent: %.0f records/s", maxRate);
            final List<Result> results = new ArrayList<>();
            for (final String flush : flushPolicies)
            {
                for (final int load : loads)
                {
                    final Result result = measure(flush, load);
                    results.add(result);
                    rig.say("%s", line(result));
                }
            }
            report(results);
            return 0;
        }
        finally
        {
            Folders.delete(folder);
        }
    }

    private double calibrate() throws Exception
    {
        try (Setup setup = new Setup("interval:100"))
        {
            setup.rate.run(Double.POSITIVE_INFINITY, CALIBRATION_SECONDS, true);
            return setup.rate.run(Double.POSITIVE_INFINITY, CALIBRATION_SECONDS, true) / CALIBRATION_SECONDS;
        }
    }

    private Result measure(final String flush, final int load) throws Exception
    {
        final double rate = maxRate * load / PERCENT;
        final double seconds = minutes * SECONDS_PER_MINUTE;
        try (Setup setup = new Setup(flush))
        {
            final long warm = setup.rate.run(rate, warmUpSeconds, true);
            setup.watch.record(true);
            final double cpuStart = Proc.cpuSeconds(setup.engine.pid());
            final long sent = setup.rate.run(rate, seconds, false);
            setup.watch.record(false);
            final double cpu = Proc.cpuSeconds(setup.engine.pid()) - cpuStart;
            setup.awaitRecords(warm + sent);
            final Histogram consumer = setup.consumerHistogram();
            if (null != histograms)
            {
                final String name = flush.replace(':', '-') + "-" + load;
                Files.createDirectories(histograms);
                Latencies.print(setup.watch.latencies(), histograms.resolve(name + "-journaled.hgrm"));
                Latencies.print(consumer, histograms.resolve(name + "-consumer.hgrm"));
            }
            final double achieved = sent / seconds;
            final double bytes = (double)sent * recordSize;
            return new Result(flush, load, Math.round(rate), Math.round(achieved),
                achieved >= ACHIEVED * rate ? "OK" : "FAIL",
                Latencies.percentiles(setup.watch.latencies()), Latencies.percentiles(consumer),
                lag(setup.watch.lag(), rate), lag(setup.watch.consumerLag(), rate),
                isBareRun ? lag(setup.watch.bareLag(), rate) : null,
                Latencies.percentiles(setup.watch.looks()),
                Row.rounded(cpu / (bytes / (1L << 30))), Row.rounded(cpu / seconds));
        }
    }

    private static Map<String, Double> lag(final Histogram records, final double rate)
    {
        final Map<String, Double> lag = new LinkedHashMap<>();
        lag.put("p50", Row.rounded(records.getValueAtPercentile(50) / rate * 1000));
        lag.put("p99", Row.rounded(records.getValueAtPercentile(99) / rate * 1000));
        lag.put("p999", Row.rounded(records.getValueAtPercentile(99.9) / rate * 1000));
        lag.put("max", Row.rounded(records.getMaxValue() / rate * 1000));
        return lag;
    }

    private void report(final List<Result> results) throws IOException
    {
        rig.report(new Document(Math.round(maxRate), results, Environment.describe(folder)),
            results.stream().map(LatencyCommand::line).toList());
    }

    private static String line(final Result result)
    {
        return String.format(
            "%-12s %3d%% %8.0f/s %-4s journaled %s   consumer %s   lag %s   consumer's %s%s   looks %s   %.2f cores",
            result.flush(), result.load(), result.achievedRate(), result.verdict(),
            result.journaled(), result.consumer(), result.lagMsOfTraffic(), result.consumerLag(),
            null == result.bareLag() ? "" : "   bare " + result.bareLag(), result.looks(),
            result.cpuCores());
    }

    /** A topic, the engine and a consumer that copy it, and the producer that fills it. */
    private final class Setup implements AutoCloseable
    {
        private final String topic = "latency-" + topics++;
        private final Path home = Files.createDirectories(folder.resolve(topic));
        private final SharedCount consumed = new SharedCount(home.resolve("consumed"));
        private final SharedCount fetched = new SharedCount(home.resolve("fetched"));
        private final Path histogramFile = home.resolve("consumer.hgrm");
        private final KafkaProducer<byte[], byte[]> producer;
        private final FixedRate rate;
        private final Child engine;
        private final Child consumer;
        private final Child bare;
        private final ShadowWatch watch;

        Setup(final String flush) throws IOException, InterruptedException
        {
            source.createTopic(topic, partitions);
            engine = UmbraContender.start(source, topic, home, rig.umbra().with("journal.flush", flush));
            consumer = Child.java(home.resolve("consumer.log"), List.of("-Xmx256m"), ConsumerProbe.class.getName(),
                source.bootstrapServers(), topic, Integer.toString(partitions),
                home.resolve("consumed").toString(), histogramFile.toString());
            bare = !isBareRun ? null : Child.java(home.resolve("bare.log"), List.of("-Xmx256m"),
                BareFetch.class.getName(), source.bootstrapServers(), topic, Long.toString(Long.MAX_VALUE),
                home.resolve("fetched").toString());
            final Properties properties = new Properties();
            properties.setProperty(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, source.bootstrapServers());
            properties.setProperty(ProducerConfig.LINGER_MS_CONFIG, "0");
            properties.setProperty(ProducerConfig.ACKS_CONFIG, "1");
            producer = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
            rate = new FixedRate(producer, topic, partitions, recordSize, this::onRecord);
            awaitReady();
            watch = new ShadowWatch(PartitionTable.openReadOnly(home.resolve("journal")), partitions,
                "commit".equals(flush), rate, consumed::get, fetched::get);
        }

        private void onRecord(final int partition, final long offset, final long dueNs)
        {
            watch.onRecord(partition, offset, dueNs);
        }

        private void awaitReady() throws IOException, InterruptedException
        {
            while (!engine.output().contains("ready"))
            {
                engine.checkAlive();
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            }
        }

        void awaitRecords(final long records) throws IOException, InterruptedException
        {
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
            while (watch.records() < records || consumed.get() < records)
            {
                engine.checkAlive();
                consumer.checkAlive();
                if (System.nanoTime() - deadlineNs > 0)
                {
                    throw new IOException(records + " records were sent, the shadow has " + watch.records() +
                        ", the consumer " + consumed.get());
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            }
        }

        Histogram consumerHistogram() throws IOException, InterruptedException
        {
            consumed.set(-1);
            while (consumer.isAlive())
            {
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            }
            return Latencies.read(histogramFile);
        }

        @Override
        public void close() throws IOException
        {
            producer.close();
            consumer.close();
            if (null != bare)
            {
                bare.close();
            }
            engine.close();
            watch.close();
        }
    }
}
