package io.umbra.engine.verify;

import java.util.List;

/**
 * What a verification found out.
 *
 * @param isDeep     whether every byte was compared.
 * @param partitions what was found out about each.
 */
public record VerifyReport(boolean isDeep, List<PartitionVerdict> partitions)
{
    /**
     * Makes the list immutable.
     */
    public VerifyReport
    {
        partitions = List.copyOf(partitions);
    }

    /**
     * Whether all that both hold is the same.
     *
     * @return false if there is any difference, or if a comparison did not come to its end.
     */
    public boolean isIdentical()
    {
        return partitions.stream().allMatch(PartitionVerdict::isIdentical);
    }

    /**
     * The exit code of {@code umbra verify}.
     *
     * @return 0 when all is identical, 1 otherwise.
     */
    public int exitCode()
    {
        return isIdentical() ? 0 : 1;
    }

    /**
     * For people: a line for each partition, one for each difference, and the verdict in the last one.
     *
     * @return lines, each with its end.
     */
    public String text()
    {
        return VerifyText.of(this);
    }

    /**
     * For programs.
     *
     * @return one JSON document, with an end of line.
     */
    public String json()
    {
        return VerifyJson.of(this);
    }
}
