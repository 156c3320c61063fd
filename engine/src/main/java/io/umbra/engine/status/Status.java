package io.umbra.engine.status;

/**
 * A report, and what is wrong with the link as a whole, which the JSON document has no field for.
 *
 * @param report as in the JSON document.
 * @param error  in one line, empty when nothing is wrong.
 */
public record Status(StatusReport report, String error)
{
}
