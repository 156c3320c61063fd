/**
 * Compares a shadow with its live source: the core of {@code umbra verify}. The source is behind {@link
 * io.umbra.engine.verify.VerifySource}, so that no Kafka class is needed here.
 */
package io.umbra.engine.verify;
