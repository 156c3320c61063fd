package io.umbra.rig;

/** How clients reach the brokers of a {@link KafkaCluster}. The brokers among themselves always talk in the clear. */
public enum ClusterSecurity
{
    /** No encryption, no authentication. */
    PLAINTEXT,
    /** TLS with a server certificate; clients log in with SCRAM-SHA-512. */
    SASL_SSL,
    /** TLS where both sides show a certificate (mTLS). */
    SSL
}
