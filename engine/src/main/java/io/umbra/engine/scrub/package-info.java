/**
 * Reads the shadow's sealed segments again while the engine runs, at a bounded rate and beside the data threads:
 * whether they still hold what was journaled, and whether that is what the source has.
 */
package io.umbra.engine.scrub;
