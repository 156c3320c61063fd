package io.umbra.engine.control;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.engine.metadata.MetadataItem;
import io.umbra.engine.metadata.MetadataTask;
import io.umbra.engine.metadata.ScramUser;
import org.apache.kafka.clients.admin.DescribeUserScramCredentialsOptions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.UserScramCredentialsDescription;

/**
 * Users with SCRAM credentials (KIP-554). No broker tells the secrets.
 */
final class ScramLook implements MetadataLook
{
    private final SourceAdmin source;

    ScramLook(final SourceAdmin source)
    {
        this.source = source;
    }

    @Override
    public MetadataTask task()
    {
        return MetadataTask.SCRAM;
    }

    @Override
    public String permission()
    {
        return "DESCRIBE on CLUSTER";
    }

    @Override
    public void look(final SourceAdmin.Cluster cluster, final FoundMetadata found)
    {
        found.all(MetadataKind.SCRAM_USER);
        for (final UserScramCredentialsDescription user : SourceAdmin.await(source.client()
            .describeUserScramCredentials(null, SourceAdmin.limited(new DescribeUserScramCredentialsOptions())).all())
            .values())
        {
            for (final ScramCredentialInfo credential : user.credentialInfos())
            {
                found.add(MetadataItem.of(new ScramUser(
                    user.name(), credential.mechanism().mechanismName(), credential.iterations())));
            }
        }
    }
}
