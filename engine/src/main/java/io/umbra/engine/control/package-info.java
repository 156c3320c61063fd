/**
 * The control plane, off the data threads: which topics there are, who leads them, and from where to shadow them.
 */
package io.umbra.engine.control;
