package io.umbra.systemtests;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How Umbra's processes are started by these tests: the flags of the distribution, the class path of the tests. */
final class JavaCommand
{
    private static final String MAIN = "io.umbra.engine.command.Umbra";
    private static final int HEAP_MB = 256;

    private JavaCommand()
    {
    }

    static Path java()
    {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** Root of the source tree. */
    static Path root()
    {
        final String root = System.getProperty("umbra.root");
        if (null == root)
        {
            throw new IllegalStateException("the system property umbra.root is not set");
        }
        return Path.of(root);
    }

    static List<String> umbra(final List<String> jvmArguments, final List<String> arguments)
    {
        final List<String> command = new ArrayList<>(List.of(
            java().toString(),
            "@" + root().resolve("bin").resolve("jvm.options"),
            "-Xmx" + HEAP_MB + "m",
            "-XX:MaxDirectMemorySize=" + HEAP_MB + "m",
            "-XX:+ExitOnOutOfMemoryError",
            // Short lives: what the second compiler makes of the code would not pay.
            "-XX:TieredStopAtLevel=1"));
        command.addAll(SharedClasses.engineOptions());
        command.addAll(jvmArguments);
        command.addAll(List.of("-cp", SharedClasses.classPath(), MAIN));
        command.addAll(arguments);
        return command;
    }
}
