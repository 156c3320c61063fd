/**
 * How far the shadow was behind, at any time that the ledger of the link remembers: the core of {@code umbra rpo}.
 */
package io.umbra.engine.rpo;
