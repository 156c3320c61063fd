/** The engine: agents, shards and their wiring. */
package io.umbra.engine;
