package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.engine.metadata.MetadataItem;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.engine.metadata.QuotaEntry;
import org.apache.kafka.clients.admin.DescribeClientQuotasOptions;
import org.apache.kafka.common.quota.ClientQuotaFilter;

import java.util.TreeMap;

/**
 * Quotas of clients (KIP-546).
 */
final class QuotasLook implements MetadataLook
{
    private final SourceAdmin source;

    QuotasLook(final SourceAdmin source)
    {
        this.source = source;
    }

    @Override
    public MetadataTask task()
    {
        return MetadataTask.QUOTAS;
    }

    @Override
    public String permission()
    {
        return "DESCRIBE_CONFIGS on CLUSTER";
    }

    @Override
    public void look(final SourceAdmin.Cluster cluster, final FoundMetadata found)
    {
        found.all(MetadataKind.QUOTA);
        SourceAdmin.await(source.client().describeClientQuotas(
            ClientQuotaFilter.all(), SourceAdmin.limited(new DescribeClientQuotasOptions())).entities())
            .forEach((entity, limits) -> found.add(
                MetadataItem.of(new QuotaEntry(new TreeMap<>(entity.entries()), new TreeMap<>(limits)))));
    }
}
