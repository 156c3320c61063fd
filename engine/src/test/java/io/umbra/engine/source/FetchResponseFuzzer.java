package io.umbra.engine.source;

import org.agrona.IoUtil;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The checks of {@link FetchResponseFuzzTest} on inputs that Jazzer makes of those that have reached something new:
 * {@code mvn verify -Pfuzz}. The first byte of an input says what the others are.
 */
public final class FetchResponseFuzzer
{
    private static final int IS_FRAME = 1;
    private static final int ARE_GAPS_EXPECTED = 2;
    private static final long SEED = 20_261_124;
    private static final FetchResponseFuzzTest TEST = new FetchResponseFuzzTest();

    private FetchResponseFuzzer()
    {
    }

    /**
     * Begins, with something to start from in the folder that the system property {@code umbra.fuzz.corpus} names.
     *
     * @throws IOException if that cannot be written.
     */
    public static void fuzzerInitialize() throws IOException
    {
        TEST.dir = Files.createTempDirectory("umbra-fuzz-");
        TEST.open();
        final Path corpus = Files.createDirectories(Path.of(System.getProperty("umbra.fuzz.corpus")));
        final List<byte[]> seeds = TEST.corpus(SEED);
        for (int i = 0; i < seeds.size(); i++)
        {
            final byte[] records = seeds.get(i);
            final ByteBuffer frame = FetchResponseFuzzTest.frame(records);
            final ByteBuffer seed = ByteBuffer.allocate(1 + frame.remaining());
            seed.put((byte)(i % 4));
            seed.put(0 == (i & IS_FRAME) ? ByteBuffer.wrap(records) : frame);
            Files.write(corpus.resolve("seed-" + i), Arrays.copyOf(seed.array(), seed.position()));
        }
    }

    /** Ends. */
    public static void fuzzerTearDown()
    {
        TEST.close();
        IoUtil.delete(TEST.dir.toFile(), false);
    }

    /**
     * Tries one.
     *
     * @param input whatever Jazzer thinks of.
     */
    public static void fuzzerTestOneInput(final byte[] input)
    {
        if (input.length > 0)
        {
            final byte[] rest = Arrays.copyOfRange(input, 1, input.length);
            TEST.attempt(
                0 == (input[0] & IS_FRAME) ?
                FetchResponseFuzzTest.response(rest) : FetchResponseFuzzTest.parse(ByteBuffer.wrap(rest)),
                0 != (input[0] & ARE_GAPS_EXPECTED));
        }
    }
}
