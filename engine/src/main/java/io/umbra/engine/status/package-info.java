/**
 * What the engine shows of itself: a memory-mapped table that its threads write and any process reads, and the views
 * of it that {@code umbra status} prints.
 */
package io.umbra.engine.status;
