/** Benchmarks. */
package io.umbra.jmh;
