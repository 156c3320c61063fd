/**
 * Shows the ledgers of a journal: the core of {@code umbra ledger}.
 */
package io.umbra.engine.ledger;
