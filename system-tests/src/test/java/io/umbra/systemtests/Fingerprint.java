package io.umbra.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What is in the files of a journal, or of any folder, so that a change of one shows. */
final class Fingerprint
{
    /** It names the process that was at the journal last. */
    private static final String LOCK = ".lock";

    private Fingerprint()
    {
    }

    /** SHA-256 of each file, by its path within the folder. */
    static Map<String, String> of(final Path dir) throws IOException
    {
        final Map<String, String> sums = new TreeMap<>();
        try (Stream<Path> files = Files.walk(dir))
        {
            for (final Path file : files.filter(Files::isRegularFile).filter((file) -> !file.endsWith(LOCK)).toList())
            {
                sums.put(dir.relativize(file).toString(), sha256(file));
            }
        }
        return sums;
    }

    static String sha256(final Path file) throws IOException
    {
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
