package io.umbra.engine.promotion;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Checksums as {@code sha256sum} prints them.
 */
final class Sha256
{
    private Sha256()
    {
    }

    static String of(final String text)
    {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    static String of(final byte[] bytes)
    {
        try
        {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        }
        catch (final NoSuchAlgorithmException ex)
        {
            throw new IllegalStateException(ex);
        }
    }
}
