package io.umbra.engine.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * An entry of a ledger, decoded.
 *
 * @param timeNs when it happened, nanoseconds since 1970.
 * @param fields of the entry, called as in the ledger's schema, with the partition's name in place of its index.
 */
record LedgerRow(long timeNs, ObjectNode fields)
{
    String type()
    {
        return fields.get("type").asText();
    }

    long number(final String field)
    {
        return fields.get(field).asLong();
    }

    String text(final String field)
    {
        return fields.get(field).asText();
    }
}
