/**
 * The configuration file: what its keys are, and their values with types.
 */
package io.umbra.engine.config;
