/**
 * Everything that speaks the Kafka protocol on the data path: the FetchAgent with its connections and sessions, the lag
 * sampler, and the blocking client of the control plane. The one package that touches the internals of kafka-clients
 * ({@code NetworkClient}, {@code Selector}, {@code FetchSessionHandler}), which are no stable API: the version is
 * pinned.
 */
package io.umbra.engine.source;
