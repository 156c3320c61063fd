/**
 * {@code umbra demo}: the whole story on one machine, in about a minute, with nothing to prepare.
 */
package io.umbra.engine.demo;
