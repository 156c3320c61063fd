package io.umbra.systemtests;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * 100 ms there and back, one packet of a thousand lost, and worse: in network namespaces, so that it is the kernel's
 * TCP that bears it, see {@link EmulatedLink}. Skipped where namespaces or TUN devices cannot be had.
 */
class LongLineTest
{
    private static final long TIMEOUT_S = 400;
    private static final String MINUTE = "60";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path dir;

    @BeforeAll
    static void assumeNamespaces() throws InterruptedException
    {
        boolean areAvailable;
        try
        {
            areAvailable = 0 == UmbraCommand.run(EmulatedLink.probe()).exit();
        }
        catch (final IOException ex)
        {
            areAvailable = false;
        }
        Assumptions.assumeTrue(areAvailable,
            "no network namespaces with TUN devices here: needs root, unshare, iproute2, Perl and /dev/net/tun");
    }

    /** In a network namespace of its own, that of the source. */
    private void run(final String cutSeconds) throws Exception
    {
        final List<String> command = new ArrayList<>(List.of(
            "unshare", "--net", JavaCommand.java().toString(),
            "@" + JavaCommand.root().resolve("bin").resolve("jvm.options"),
            "-Dumbra.root=" + JavaCommand.root(),
            "-cp", System.getProperty("java.class.path"),
            LongLineScenario.class.getName(), dir.toString(), cutSeconds));
        final Path output = dir.resolve("scenario.out");
        final Process scenario = new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
        try
        {
            assertTrue(scenario.waitFor(TIMEOUT_S, TimeUnit.SECONDS), () -> "still running:\n" + read(output));
            assertEquals(0, scenario.exitValue(), () -> read(output));
            System.out.print(read(output));
        }
        finally
        {
            scenario.destroy();
        }
    }

    private static String read(final Path file)
    {
        try
        {
            return Files.readString(file);
        }
        catch (final IOException ex)
        {
            return ex.toString();
        }
    }

    @Test
    void aLineThatLosesPacketsAndIsCutLosesNoRecord() throws Exception
    {
        run("0");
    }

    @Test
    @Tag("soak")
    void aLineThatIsCutForAMinuteLosesNoRecord() throws Exception
    {
        run(MINUTE);
    }
}
