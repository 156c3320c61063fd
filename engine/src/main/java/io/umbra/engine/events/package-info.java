/**
 * What happens to a link, as events that programs can read: found by looking at the engine's state, written as lines of
 * JSON and into the ledger of the link.
 */
package io.umbra.engine.events;
