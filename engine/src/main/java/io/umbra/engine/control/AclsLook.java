package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.engine.metadata.AclEntry;
import io.umbra.engine.metadata.MetadataItem;
import io.umbra.engine.metadata.MetadataTask;
import org.apache.kafka.clients.admin.DescribeAclsOptions;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;

/**
 * Access rules.
 */
final class AclsLook implements MetadataLook
{
    private final SourceAdmin source;

    AclsLook(final SourceAdmin source)
    {
        this.source = source;
    }

    @Override
    public MetadataTask task()
    {
        return MetadataTask.ACLS;
    }

    @Override
    public String permission()
    {
        return "DESCRIBE on CLUSTER";
    }

    @Override
    public void look(final SourceAdmin.Cluster cluster, final FoundMetadata found)
    {
        found.all(MetadataKind.ACL);
        for (final AclBinding acl : SourceAdmin.await(source.client()
            .describeAcls(AclBindingFilter.ANY, SourceAdmin.limited(new DescribeAclsOptions())).values()))
        {
            found.add(MetadataItem.of(new AclEntry(
                acl.pattern().resourceType().name(),
                acl.pattern().name(),
                acl.pattern().patternType().name(),
                acl.entry().principal(),
                acl.entry().host(),
                acl.entry().operation().name(),
                acl.entry().permissionType().name())));
        }
    }
}
