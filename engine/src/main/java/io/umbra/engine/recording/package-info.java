/**
 * What a flight recording has to know beside the streams: which runs of the engine it holds, and what the partitions
 * in them are called. Read and written without Aeron.
 */
package io.umbra.engine.recording;
