package io.umbra.engine.metadata;

import io.umbra.codecs.ledger.MetadataKind;
import io.umbra.codecs.ledger.MetadataTaskState;
import io.umbra.codecs.ledger.MetadataTaskType;
import io.umbra.journal.ledger.LedgerContext;
import io.umbra.journal.ledger.MetadataLedger;
import io.umbra.journal.ledger.MetadataState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MetadataHistoryTest
{
    /** 2026-11-23T10:00:00Z. */
    private static final long TEN_NS = 1_795_428_000_000_000_000L;
    private static final TopicMetadata ORDERS = new TopicMetadata("orders", new UUID(-1, 2), 3,
        new TreeMap<>(Map.of("retention.ms", "7", "max.message.bytes", "8", "cleanup.policy", "compact,delete")),
        Set.of("max.message.bytes"));
    private static final TopicMetadata PLAIN = new TopicMetadata("plain", new UUID(0, 0), 1, new TreeMap<>());
    private static final GroupMetadata BILLING = new GroupMetadata("billing", "classic", "consumer", "Stable");
    private static final GroupMetadata ODD = new GroupMetadata("o\"d, [d]\u20ac", "share", "", "");
    private static final List<GroupOffset> OFFSETS = List.of(
        new GroupOffset("billing", "orders", 2, 1L << 40, -1, ""),
        new GroupOffset("billing", "orders", 10, 7, 0, "{\"by\":\"me\"}\n"),
        new GroupOffset("billing", "payments", 0, 0, 5, "x".repeat(4096)),
        new GroupOffset("o\"d, [d]\u20ac", "orders", 0, 1, -1, ""));
    private static final AclEntry ACL =
        new AclEntry("TOPIC", "a, \"b\"", "PREFIXED", "User:CN=x,OU=y", "*", "READ", "DENY");

    @TempDir
    private Path journalDir;

    private MetadataLedger open()
    {
        return MetadataLedger.open(new LedgerContext()
            .ledgerDirectory(journalDir.resolve("ledger")).clock(() -> TEN_NS / 1_000_000));
    }

    private static void put(final MetadataLedger ledger, final long timeNs, final MetadataItem... items)
    {
        for (final MetadataItem item : items)
        {
            ledger.put(item.kind(), item.key(), item.value(), timeNs);
        }
    }

    private static QuotaEntry quota(final Map<String, Double> limits, final String... entity)
    {
        final SortedMap<String, String> names = new TreeMap<>();
        for (int i = 0; i < entity.length; i += 2)
        {
            names.put(entity[i], entity[i + 1]);
        }
        return new QuotaEntry(names, new TreeMap<>(limits));
    }

    @Test
    void everythingComesBackAsItWas()
    {
        final QuotaEntry all = quota(Map.of("producer_byte_rate", 1024.5), "client-id", null, "user", null);
        final QuotaEntry alice =
            quota(Map.of("consumer_byte_rate", 1e15, "request_percentage", 50.0), "user", "al\"ice");
        final QuotaEntry named = quota(Map.of("connection_creation_rate", 2.0), "ip", "<default>");
        final ScramUser user = new ScramUser("al,ice", "SCRAM-SHA-512", 8192);
        try (MetadataLedger ledger = open())
        {
            put(ledger, TEN_NS, MetadataItem.of(ORDERS), MetadataItem.of(PLAIN), MetadataItem.of(BILLING),
                MetadataItem.of(ODD), MetadataItem.of(ACL), MetadataItem.of(all), MetadataItem.of(alice),
                MetadataItem.of(named), MetadataItem.of(user));
            put(ledger, TEN_NS, OFFSETS.stream().map(MetadataItem::of).toArray(MetadataItem[]::new));
            ledger.round(MetadataTaskType.GROUPS,
                new MetadataState.Round(MetadataTaskState.OK, TEN_NS + 1, ""), TEN_NS + 1);
            ledger.round(MetadataTaskType.ACLS,
                new MetadataState.Round(MetadataTaskState.FAULTED, 0, "never yet"), TEN_NS + 1);
        }
        final SourceMetadata metadata = MetadataHistory.read(journalDir, Long.MAX_VALUE);
        assertEquals(Map.of("orders", ORDERS, "plain", PLAIN), metadata.topics());
        assertEquals(Map.of(BILLING.groupId(), BILLING, ODD.groupId(), ODD), metadata.groups());
        assertEquals(OFFSETS, metadata.groupOffsets());
        assertEquals(List.of(ACL), metadata.acls());
        assertEquals(Set.of(all, alice, named), Set.copyOf(metadata.quotas()));
        assertEquals(List.of(user), metadata.scramUsers());
        assertEquals(Map.of(MetadataTask.GROUPS, TEN_NS + 1), metadata.completeNs());
        assertEquals(OptionalLong.of(TEN_NS + 1), metadata.completeNs(MetadataTask.GROUPS));
        assertEquals(OptionalLong.empty(), metadata.completeNs(MetadataTask.ACLS));
        assertEquals(Map.of(MetadataTask.ACLS, "never yet"), metadata.reasons());
        assertThrows(UnsupportedOperationException.class, () -> metadata.topics().remove("orders"));
    }

    @Test
    void anEarlierTimeHasItsOwn()
    {
        assertEquals(OptionalLong.empty(), MetadataHistory.earliestNs(journalDir));
        try (MetadataLedger ledger = open())
        {
            put(ledger, TEN_NS + 1, MetadataItem.of(ORDERS), MetadataItem.of(BILLING), MetadataItem.of(OFFSETS.get(0)));
            ledger.remove(MetadataKind.TOPIC, "orders", TEN_NS + 10);
            put(ledger, TEN_NS + 10, MetadataItem.of(new GroupOffset("billing", "orders", 2, 3, 4, "later")));
            // Also while it is being written.
            assertEquals(OptionalLong.of(TEN_NS), MetadataHistory.earliestNs(journalDir));
            final SourceMetadata before = MetadataHistory.read(journalDir, TEN_NS + 9);
            assertEquals(TEN_NS + 9, before.asOfNs());
            assertEquals(Map.of("orders", ORDERS), before.topics());
            assertEquals(OFFSETS.subList(0, 1), before.groupOffsets());
            final SourceMetadata after = MetadataHistory.read(journalDir, TEN_NS + 10);
            assertTrue(after.topics().isEmpty());
            assertEquals(List.of(3L), after.groupOffsets().stream().map(GroupOffset::offset).toList());
            final SourceMetadata tooEarly = MetadataHistory.read(journalDir, TEN_NS - 1);
            assertTrue(tooEarly.topics().isEmpty() && tooEarly.groups().isEmpty() && tooEarly.completeNs().isEmpty());
        }
    }
}
