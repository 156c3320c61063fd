package io.umbra.engine.config;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

class OpenFilesLimitTest
{
    @ParameterizedTest
    @CsvSource({"1,1", "64,8", "1024,128", "20000,1024", "9223372036854775807,1024"})
    void halfOfTheFilesAreForPartitions(final long maxFiles, final int partitions)
    {
        assertEquals(partitions, OpenFilesLimit.partitions(maxFiles));
    }
}
