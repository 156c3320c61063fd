/** The embedded media driver and the IPC streams from fetch to journal agents. */
package io.umbra.transport;
