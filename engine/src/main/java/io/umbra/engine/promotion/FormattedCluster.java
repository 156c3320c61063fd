package io.umbra.engine.promotion;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.MetadataVersion;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Log directories that Kafka's own formatter has prepared, for the nodes of one cluster whose controllers are given by
 * {@code controller.quorum.voters}.
 */
final class FormattedCluster
{
    private final MetadataVersion metadataVersion;
    private final Map<Integer, Path> logDirs;
    private final Map<Integer, Uuid> directoryIds = new TreeMap<>();
    private BootstrapMetadata bootstrap;

    private FormattedCluster(final MetadataVersion metadataVersion, final Map<Integer, Path> logDirs)
    {
        this.metadataVersion = metadataVersion;
        this.logDirs = new TreeMap<>(logDirs);
    }

    /**
     * Formats the directories.
     *
     * @param clusterId       of the cluster.
     * @param metadataVersion that it begins with, and that decides on its features.
     * @param controllerName  name of the controllers' listener.
     * @param logDirs         by node id; created if missing.
     * @return the cluster, still without topics.
     * @throws IOException if a directory cannot be written.
     */
    static FormattedCluster format(
        final String clusterId,
        final MetadataVersion metadataVersion,
        final String controllerName,
        final Map<Integer, Path> logDirs) throws IOException
    {
        final FormattedCluster cluster = new FormattedCluster(metadataVersion, logDirs);
        for (final Map.Entry<Integer, Path> node : cluster.logDirs.entrySet())
        {
            cluster.format(clusterId, controllerName, node.getKey(), node.getValue());
        }

        return cluster;
    }

    private void format(final String clusterId, final String controllerName, final int nodeId, final Path logDir)
        throws IOException
    {
        final Formatter formatter = new Formatter()
            .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
            .setNodeId(nodeId)
            .setClusterId(clusterId)
            .setReleaseVersion(metadataVersion)
            .addDirectory(logDir.toString())
            .setMetadataLogDirectory(logDir.toString())
            .setControllerListenerName(controllerName);
        try
        {
            Files.createDirectories(logDir);
            formatter.run();
        }
        catch (final IOException ex)
        {
            throw ex;
        }
        catch (final Exception ex)
        {
            throw new IOException("cannot format " + logDir + ": " + ex.getMessage(), ex);
        }
        bootstrap = formatter.bootstrapMetadata();
        final Path properties = logDir.resolve(MetaPropertiesEnsemble.META_PROPERTIES_NAME);
        directoryIds.put(nodeId, new MetaProperties.Builder(PropertiesUtils.readPropertiesFile(properties.toString()))
            .build().directoryId().orElseThrow(() -> new IOException(properties + " has no directory id")));
    }

    /**
     * Writes what the cluster begins with: the features of its version, and what is added.
     *
     * @param content adds records.
     * @return number of records.
     * @throws IOException if a directory cannot be written.
     */
    int write(final Consumer<ClusterRecords> content) throws IOException
    {
        final ClusterRecords added = new ClusterRecords(metadataVersion, directoryIds);
        content.accept(added);
        final List<ApiMessageAndVersion> records = new ArrayList<>(bootstrap.records());
        records.addAll(added.records());
        final BootstrapMetadata all = BootstrapMetadata.fromRecords(records, "umbra promote");
        for (final Path logDir : logDirs.values())
        {
            // Each controller has the same, since any of them may be the first to lead.
            new BootstrapDirectory(logDir.toString()).writeBinaryFile(all);
        }

        return records.size();
    }
}
