package io.umbra.engine.events;

/** How much of an operator's attention an event needs. */
public enum Severity
{
    /** Good to know. */
    INFO,
    /** Should not be, and is being dealt with, or wants to be looked at. */
    WARN,
    /** Something stands still. */
    ERROR
}
