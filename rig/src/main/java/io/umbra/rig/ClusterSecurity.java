package io.umbra.rig;

/** How clients reach the brokers of a {@link KafkaCluster}. The brokers among themselves always talk in the clear. */
public enum ClusterSecurity
{
    /** No encryption, no authentication. */
    PLAINTEXT(false, false),
    /** No encryption; clients log in with SCRAM-SHA-512. */
    SASL_PLAINTEXT(true, false),
    /** TLS with a server certificate; clients log in with SCRAM-SHA-512. */
    SASL_SSL(true, true),
    /** TLS where both sides show a certificate (mTLS). */
    SSL(false, true);

    private final boolean isSasl;
    private final boolean isTls;

    ClusterSecurity(final boolean isSasl, final boolean isTls)
    {
        this.isSasl = isSasl;
        this.isTls = isTls;
    }

    boolean isSasl()
    {
        return isSasl;
    }

    boolean isTls()
    {
        return isTls;
    }
}
