package io.umbra.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The network sockets of a process, as Linux shows them under {@code /proc}. */
final class Sockets
{
    private static final int LOCAL_ADDRESS = 1;
    private static final int REMOTE_ADDRESS = 2;
    private static final int INODE = 9;

    private Sockets()
    {
    }

    /** Remote ports of TCP connections, as decimal numbers; {@code udp} for any UDP socket, with its local port. */
    static Set<String> of(final long pid) throws IOException
    {
        final Path process = Path.of("/proc", Long.toString(pid));
        final Set<String> inodes = new TreeSet<>();
        try (Stream<Path> descriptors = Files.list(process.resolve("fd")))
        {
            for (final Path descriptor : descriptors.toList())
            {
                try
                {
                    final String target = Files.readSymbolicLink(descriptor).toString();
                    if (target.startsWith("socket:["))
                    {
                        inodes.add(target.substring("socket:[".length(), target.length() - 1));
                    }
                }
                catch (final NoSuchFileException ex)
                {
                    // Closed in the meantime.
                }
            }
        }
        final Set<String> found = new TreeSet<>();
        for (final String protocol : List.of("tcp", "tcp6", "udp", "udp6"))
        {
            final Path sockets = process.resolve("net").resolve(protocol);
            if (Files.exists(sockets))
            {
                Files.readAllLines(sockets).stream()
                    .skip(1)
                    .map((line) -> line.trim().split("\\s+"))
                    .filter((fields) -> inodes.contains(fields[INODE]))
                    .forEach((fields) -> found.add(protocol.startsWith("udp") ?
                        "udp " + port(fields[LOCAL_ADDRESS]) : port(fields[REMOTE_ADDRESS])));
            }
        }
        return found;
    }

    private static String port(final String address)
    {
        return Integer.toString(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1), 16));
    }
}
