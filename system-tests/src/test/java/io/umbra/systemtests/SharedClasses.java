package io.umbra.systemtests;

import io.umbra.rig.KafkaCluster;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Archives of the classes that brokers and engines load, made once for each run of these tests: hundreds of processes
 * then start in half the CPU time. Only where everything comes from jars, as in {@code mvn verify}, since the JVM
 * archives no classes from directories; otherwise processes start without. Registered for all tests of this module.
 */
public final class SharedClasses implements BeforeAllCallback
{
    private static final String BROKER_CLASS_PATH = "umbra.broker.classpath";
    private static final String BROKER_ARCHIVE = "umbra.broker.class.archive";
    private static boolean isMade;
    private static volatile Path engineArchive;

    /** The class path of this JVM, without what is not needed by other processes than the tests' own. */
    static String classPath()
    {
        return System.getProperty(BROKER_CLASS_PATH, System.getProperty("java.class.path"));
    }

    /** JVM options by which engines and commands use their archive; empty if there is none. */
    static List<String> engineOptions()
    {
        final Path archive = engineArchive;
        return null == archive ? List.of() : use(archive);
    }

    /** JVM options by which brokers use their archive; empty if there is none. */
    static List<String> brokerOptions()
    {
        final String archive = System.getProperty(BROKER_ARCHIVE);
        return null == archive ? List.of() : use(Path.of(archive));
    }

    private static List<String> use(final Path archive)
    {
        return List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
    }

    @Override
    public void beforeAll(final ExtensionContext context) throws Exception
    {
        synchronized (SharedClasses.class)
        {
            if (!isMade)
            {
                isMade = true;
                final String jars = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .filter((entry) -> entry.endsWith(".jar"))
                    .collect(Collectors.joining(File.pathSeparator));
                if (jars.contains("umbra-engine") && jars.contains("umbra-rig"))
                {
                    System.setProperty(BROKER_CLASS_PATH, jars);
                    make(Files.createTempDirectory(JavaCommand.root().resolve("system-tests/target"), "classes-"));
                }
            }
        }
    }

    private static void make(final Path dir) throws Exception
    {
        final Path broker = dir.resolve("broker.jsa");
        final Path engine = dir.resolve("engine.jsa");
        final LinkConfig link = new LinkConfig(dir);
        try (KafkaCluster cluster = KafkaCluster.launch(new KafkaCluster.Context()
            .baseDir(dir.resolve("cluster"))
            .jvmArguments(archiveAtExit(broker))))
        {
            cluster.admin().createTopics(List.of(new NewTopic("topic", 1, (short)1))).all().get();
            link.source(cluster);
            try (EngineProcess process = new EngineLauncher(dir).jvmArgument(archiveAtExit(engine)).start(link.write()))
            {
                process.awaitReady();
                process.terminate();
            }
            cluster.stop(1);
        }
        if (Files.exists(broker) && Files.exists(engine))
        {
            System.setProperty(BROKER_ARCHIVE, broker.toString());
            engineArchive = engine;
        }
        else
        {
            System.err.println("This JVM makes no archives of classes (see " + dir + "): tests take longer.");
        }
    }

    private static String archiveAtExit(final Path archive)
    {
        return "-XX:ArchiveClassesAtExit=" + archive;
    }
}
