package io.umbra.jmh.rig;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What all benchmarks have in common.
 */
final class RigOptions
{
    @Option(names = "--dir", paramLabel = "DIR",
        description = "Where brokers and journals put their files, in a folder that goes at the end; default: " +
            "${DEFAULT-VALUE}.")
    private Path dir = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting of the link; may be repeated.")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Option(names = "--jvm", paramLabel = "OPTION", description = "An option for Umbra's JVM; may be repeated.")
    private List<String> jvmOptions = List.of();

    @Option(names = "--json", description = "Prints one JSON document on stdout and nothing else there.")
    private boolean json;

    @Option(names = "--out", paramLabel = "FILE", description = "Writes the JSON document to a file as well.")
    private Path out;

    /** The Umbra to be measured. */
    UmbraSetup umbra()
    {
        return new UmbraSetup(Path.of(System.getProperty("umbra.root")), settings, jvmOptions);
    }

    /** A new folder for one benchmark. */
    Path createFolder() throws IOException
    {
        return Files.createTempDirectory(dir.toAbsolutePath(), "umbra-bench-");
    }

    /** Progress, for people. */
    void say(final String format, final Object... arguments)
    {
        System.err.printf(format + "%n", arguments);
    }

    /** Prints what was found. */
    void report(final Object document, final List<String> table) throws IOException
    {
        final ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        if (null != out)
        {
            mapper.writeValue(out.toFile(), document);
        }
        if (json)
        {
            final PrintWriter writer = new PrintWriter(System.out);
            writer.println(mapper.writeValueAsString(document));
            writer.flush();
        }
        else
        {
            table.forEach(System.out::println);
        }
    }
}
