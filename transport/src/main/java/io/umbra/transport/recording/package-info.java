/**
 * The flight recorder: an embedded Aeron Archive that records the shards' streams, and what reads its recordings again,
 * from the files alone, whether an engine runs or not.
 */
package io.umbra.transport.recording;
