package io.umbra.engine.metadata;

/**
 * A user with a SCRAM credential. The secret itself cannot be read from a broker.
 *
 * @param user       name.
 * @param mechanism  {@code SCRAM-SHA-256} or {@code SCRAM-SHA-512}.
 * @param iterations of the hash.
 */
public record ScramUser(String user, String mechanism, int iterations)
{
}
