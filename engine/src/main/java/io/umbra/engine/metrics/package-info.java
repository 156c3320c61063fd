/**
 * What the engine shows to Prometheus: the same numbers as {@code umbra status}, the shards' counters, and what the
 * process needs.
 */
package io.umbra.engine.metrics;
