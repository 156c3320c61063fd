package io.umbra.systemtests;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A long line between two network namespaces, this process's and a new one: IP packets take their time, some are lost,
 * and while it is cut all are. A TUN device at each end, and in between this class does what {@code netem} would do
 * where the kernel has it. Neither end sees anything but packets that come late or not at all.
 */
final class EmulatedLink implements AutoCloseable
{
    /** Address of this end. */
    static final String NEAR = "10.77.0.1";
    private static final String FAR = "10.77.0.2";

    private final List<Process> pumps = new ArrayList<>();
    private final AtomicLong sentByFar = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final Random random = new Random(5);
    private volatile long delayNs;
    private volatile double loss;
    private volatile boolean isCut;

    private record Packet(long dueNs, byte[] bytes)
    {
    }

    EmulatedLink() throws IOException
    {
        final Process near = pump(List.of(), "near", NEAR, FAR);
        final Process far = pump(List.of("unshare", "--net"), "far", FAR, NEAR);
        connect(near, far, new AtomicLong());
        connect(far, near, sentByFar);
    }

    /** A command that succeeds where such links can be made. */
    static List<String> probe()
    {
        return List.of("unshare", "--net", "sh", "-c", "ip tuntap add dev probe mode tun && perl -e 1");
    }

    private Process pump(
        final List<String> wrapper, final String device, final String own, final String peer) throws IOException
    {
        final List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of("perl",
            JavaCommand.root().resolve("system-tests/src/test/resources/tun-pump.pl").toString(), device, own, peer));
        final Process pump = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        pumps.add(pump);
        return pump;
    }

    /** Of the process whose network namespace is the other end. */
    long farPid()
    {
        return pumps.get(1).pid();
    }

    /** One way. */
    void delayMs(final long milliseconds)
    {
        delayNs = milliseconds * 1_000_000;
    }

    /** Share of the packets, both ways. */
    void loss(final double share)
    {
        loss = share;
    }

    void cut(final boolean isToBeCut)
    {
        isCut = isToBeCut;
    }

    /** Packets that the far end has sent, whatever became of them. */
    long sentByFar()
    {
        return sentByFar.get();
    }

    long lost()
    {
        return lost.get();
    }

    private void connect(final Process from, final Process to, final AtomicLong sent) throws IOException
    {
        final BlockingQueue<Packet> underWay = new LinkedBlockingQueue<>();
        final DataInputStream in = new DataInputStream(new BufferedInputStream(from.getInputStream(), 1 << 20));
        final DataOutputStream out = new DataOutputStream(new BufferedOutputStream(to.getOutputStream(), 1 << 20));
        if (0 != in.readUnsignedShort())
        {
            throw new IOException("not ready");
        }
        start(() -> receive(in, underWay, sent));
        start(() -> deliver(underWay, out));
    }

    private interface Loop
    {
        void run() throws IOException, InterruptedException;
    }

    private static void start(final Loop loop)
    {
        final Thread thread = new Thread(() ->
        {
            try
            {
                loop.run();
            }
            catch (final IOException | InterruptedException ex)
            {
                // A pump has ended: so does the link.
                Thread.currentThread().interrupt();
            }
        }, "link");
        thread.setDaemon(true);
        thread.start();
    }

    private void receive(final DataInputStream in, final BlockingQueue<Packet> underWay, final AtomicLong sent)
        throws IOException
    {
        while (true)
        {
            final int length = in.readUnsignedShort();
            final byte[] bytes = in.readNBytes(length);
            if (bytes.length < length)
            {
                throw new EOFException();
            }
            sent.incrementAndGet();
            if (isCut || isUnlucky())
            {
                lost.incrementAndGet();
            }
            else
            {
                underWay.add(new Packet(System.nanoTime() + delayNs, bytes));
            }
        }
    }

    private boolean isUnlucky()
    {
        synchronized (random)
        {
            return random.nextDouble() < loss;
        }
    }

    private static void deliver(final BlockingQueue<Packet> underWay, final DataOutputStream out)
        throws IOException, InterruptedException
    {
        while (true)
        {
            final Packet packet = underWay.take();
            long left;
            while ((left = packet.dueNs - System.nanoTime()) > 0)
            {
                out.flush();
                LockSupport.parkNanos(left);
            }
            out.writeShort(packet.bytes.length);
            out.write(packet.bytes);
            if (underWay.isEmpty())
            {
                out.flush();
            }
        }
    }

    @Override
    public void close()
    {
        pumps.forEach(Process::destroy);
    }
}
