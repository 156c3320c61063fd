/**
 * What {@code umbra status --watch} draws on a terminal.
 */
package io.umbra.engine.watch;
