/**
 * {@code umbra replay}: what a flight recording holds, for people and for programs. It reads the archive's files alone,
 * so that it needs no engine, and disturbs none.
 */
package io.umbra.engine.replay;
