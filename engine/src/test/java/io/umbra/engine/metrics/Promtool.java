package io.umbra.engine.metrics;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Prometheus' own checker, where it is installed. */
final class Promtool
{
    private Promtool()
    {
    }

    static Optional<Path> find()
    {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .map((directory) -> Path.of(directory, "promtool"))
            .filter(Files::isExecutable)
            .findFirst();
    }

    /** What it says when it is given the input; fails when it does not accept it. */
    static String check(final Path promtool, final byte[] input, final String... arguments)
        throws IOException, InterruptedException
    {
        final List<String> command = new ArrayList<>(List.of(promtool.toString(), "check"));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (OutputStream out = process.getOutputStream())
        {
            out.write(input);
        }
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (0 != process.waitFor())
        {
            throw new AssertionError(command + ": " + said);
        }
        return said;
    }
}
