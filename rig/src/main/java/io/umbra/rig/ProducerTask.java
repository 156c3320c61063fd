package io.umbra.rig;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.ApplicationRecoverableException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionAbortedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** One producer of a {@link Workload}, on its own thread. */
final class ProducerTask implements Runnable
{
    private static final AtomicInteger INSTANCES = new AtomicInteger();
    private static final int BUFFER_BYTES = 8 * 1024 * 1024;

    private final Workload.Context context;
    private final int index;
    private final ProducerVariant variant;
    private final RecordSource source;
    private final RateLimit limit;
    private final PauseGate gate;
    private final Totals totals;
    private volatile boolean running = true;
    private long left;

    /** Where all producers of a workload count together. */
    record Totals(LongAdder records, LongAdder bytes, AtomicReference<Exception> failure)
    {
    }

    ProducerTask(
        final Workload.Context context,
        final int index,
        final RateLimit limit,
        final PauseGate gate,
        final Totals totals)
    {
        this.context = context;
        this.index = index;
        this.variant = context.variants().get(index);
        this.source = new RecordSource(context, context.seed() * 1_000_003L + index);
        this.limit = limit;
        this.gate = gate;
        this.totals = totals;
        this.left = 0 == context.recordsPerProducer() ? Long.MAX_VALUE : context.recordsPerProducer();
    }

    /** Any thread. */
    void stop()
    {
        running = false;
    }

    @Override
    public void run()
    {
        try
        {
            final KafkaProducer<byte[], byte[]> producer = newProducer();
            try
            {
                if (ProducerVariant.Mode.TRANSACTIONAL == variant.mode())
                {
                    sendTransactions(producer);
                }
                else
                {
                    sendRecords(producer);
                }
                producer.flush();
            }
            finally
            {
                producer.close(Duration.ofSeconds(30));
            }
        }
        catch (final InterruptedException | KafkaException ex)
        {
            totals.failure().compareAndSet(null, ex);
        }
        finally
        {
            gate.leave();
        }
    }

    private KafkaProducer<byte[], byte[]> newProducer()
    {
        final Properties properties = new Properties();
        properties.putAll(context.clientProperties());
        properties.setProperty("compression.type", variant.codec());
        properties.setProperty("max.request.size", Integer.toString(context.maxRequestBytes()));
        final int bufferBytes = Math.max(BUFFER_BYTES, 4 * context.maxRequestBytes());
        properties.setProperty("buffer.memory", Integer.toString(bufferBytes));
        properties.setProperty("enable.idempotence", Boolean.toString(ProducerVariant.Mode.PLAIN != variant.mode()));
        properties.setProperty("acks", ProducerVariant.Mode.PLAIN == variant.mode() ? "1" : "all");
        if (ProducerVariant.Mode.TRANSACTIONAL == variant.mode())
        {
            properties.setProperty("transactional.id",
                "workload-" + context.seed() + '-' + index + '-' + INSTANCES.getAndIncrement());
        }
        properties.putAll(context.producerProperties());
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private boolean hasMore()
    {
        return running && left > 0 && null == totals.failure().get();
    }

    private void sendRecords(final KafkaProducer<byte[], byte[]> producer) throws InterruptedException
    {
        while (hasMore())
        {
            if (gate.isClosed())
            {
                producer.flush();
                gate.pass();
                continue;
            }
            send(producer);
        }
    }

    private void sendTransactions(final KafkaProducer<byte[], byte[]> producer) throws InterruptedException
    {
        producer.initTransactions();
        while (hasMore())
        {
            if (gate.isClosed())
            {
                gate.pass();
                continue;
            }
            sendTransaction(producer);
        }
    }

    private void sendTransaction(final KafkaProducer<byte[], byte[]> producer)
    {
        final boolean aborts = source.chance(context.aborts());
        final int records = source.upTo(context.recordsPerTransaction());
        producer.beginTransaction();
        try
        {
            for (int i = 0; i < records && hasMore(); i++)
            {
                send(producer);
            }
            // An abort throws away what has not left the client: let it get to the brokers first.
            producer.flush();
            if (aborts)
            {
                producer.abortTransaction();
            }
            else
            {
                commit(producer);
            }
        }
        catch (final ApplicationRecoverableException | AuthorizationException | InterruptException ex)
        {
            throw ex;
        }
        catch (final KafkaException ex)
        {
            // A broker went down half way: what was written is aborted, as an application would.
            producer.abortTransaction();
        }
    }

    private static void commit(final KafkaProducer<byte[], byte[]> producer)
    {
        try
        {
            producer.commitTransaction();
        }
        catch (final TimeoutException ex)
        {
            // The outcome is open until the commit is asked for again.
            producer.commitTransaction();
        }
    }

    private void send(final KafkaProducer<byte[], byte[]> producer)
    {
        final ProducerRecord<byte[], byte[]> record = source.next();
        final int bytes = length(record.key()) + length(record.value());
        limit.acquire(bytes);
        left--;
        producer.send(record, (metadata, ex) ->
        {
            if (null == ex)
            {
                totals.records().increment();
                totals.bytes().add(bytes);
            }
            else if (!isPartOfAnAbort(ex))
            {
                totals.failure().compareAndSet(null, ex);
            }
        });
    }

    /** A transaction ends with an abort when a record of it fails for want of a broker; its end says so itself. */
    private boolean isPartOfAnAbort(final Exception ex)
    {
        return ProducerVariant.Mode.TRANSACTIONAL == variant.mode() &&
            (ex instanceof TransactionAbortedException || ex instanceof RetriableException ||
                !(ex instanceof ApiException));
    }

    private static int length(final byte[] bytes)
    {
        return null == bytes ? 0 : bytes.length;
    }
}
