package io.umbra.engine.verify;

import java.nio.file.Path;
import java.util.function.Predicate;

/**
 * What to verify.
 *
 * @param journalDir     directory of the shadow's journal.
 * @param topics         names of topics to look at.
 * @param isDeep         whether to compare every byte, rather than headers and the CRC of the shadow's bytes.
 * @param isFromEarliest whether the shadow should have all that the source has, so that it is told when older offsets
 *                       are
 *                       missing: {@code start.offset} is {@code earliest}.
 */
public record VerifySettings(Path journalDir, Predicate<String> topics, boolean isDeep, boolean isFromEarliest)
{
}
