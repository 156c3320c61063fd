package io.umbra.journal;

/**
 * A partition by name.
 *
 * @param topic     name.
 * @param partition number.
 */
public record PartitionKey(String topic, int partition) implements Comparable<PartitionKey>
{
    /** @return <code>topic-partition</code>, which is the name of the partition's directory too. */
    @Override
    public String toString()
    {
        return topic + "-" + partition;
    }

    @Override
    public int compareTo(final PartitionKey other)
    {
        final int byTopic = topic.compareTo(other.topic);
        return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
    }

    /** The key for a directory name, or null if it is not that of a partition. */
    static PartitionKey parse(final String directoryName)
    {
        final int dash = directoryName.lastIndexOf('-');
        if (dash <= 0 || dash == directoryName.length() - 1)
        {
            return null;
        }
        for (int i = dash + 1; i < directoryName.length(); i++)
        {
            if (directoryName.charAt(i) < '0' || directoryName.charAt(i) > '9')
            {
                return null;
            }
        }
        try
        {
            final int partition = Integer.parseInt(directoryName.substring(dash + 1));
            return new PartitionKey(directoryName.substring(0, dash), partition);
        }
        catch (final NumberFormatException ex)
        {
            // More digits than a partition number has.
            return null;
        }
    }
}
