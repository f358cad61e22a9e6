package io.covey.bucket;

import io.covey.protocol.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Wills that are due and not yet confirmed by every target. Bounded by {@link #ENTRIES_MAX}: a will beyond it is dropped and counted;
 * before that, the bytes held here make the bucket refuse messages.
 */
final class Outbox {
    static final int ENTRIES_MAX = 65_536;

    /** What one answer to a Tick shows at most. */
    private static final int LISTED_MAX = 256;

    private static final int LISTED_BYTES_MAX = 256 << 10;
    /** What the answer to one batch tells at most. */
    private static final long CREATED_BYTES_MAX = 4 << 20;

    private static final int ENTRY_BYTES = 128;

    /** An entry as it is kept: its lowest unfinished neighbour is known only when it is read. */
    record Kept(String clientId, Message message) {
        long bytes() {
            return ENTRY_BYTES + 2L * clientId.length() + message.sizeBytes();
        }
    }

    private final Ledger ledger;
    private final TreeMap<Long, Kept> entries = new TreeMap<>();
    private final List<OutboxEntry> created = new ArrayList<>();
    private long createdBytes;
    private long lastNumber;
    private long dropped;

    Outbox(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Publishes a will; its times count from now. */
    void publish(String clientId, Will will, long nowMillis) {
        if (entries.size() >= ENTRIES_MAX) {
            dropped++;
            return;
        }
        Message template = will.message();
        long expiresAt = will.expirySeconds() < 0 ? Message.NEVER : nowMillis + 1000 * will.expirySeconds();
        Message message = new Message(
                template.topic(),
                template.payload(),
                template.qos(),
                template.retain(),
                template.properties(),
                nowMillis,
                expiresAt);
        lastNumber++;
        Kept kept = new Kept(clientId, message);
        add(lastNumber, kept);
        createdBytes += kept.bytes();
        if (createdBytes <= CREATED_BYTES_MAX) {
            created.add(new OutboxEntry(lastNumber, entries.firstKey(), clientId, message));
        }
    }

    /** What was published since the last call; beyond {@link #CREATED_BYTES_MAX} only {@link #oldest} tells it. */
    List<OutboxEntry> takeCreated() {
        if (created.isEmpty()) {
            return List.of();
        }
        List<OutboxEntry> taken = List.copyOf(created);
        created.clear();
        createdBytes = 0;
        return taken;
    }

    /** Every target has confirmed these; unknown numbers do nothing. */
    void finish(long[] numbers) {
        for (long number : numbers) {
            Kept kept = entries.remove(number);
            if (kept != null) {
                ledger.add(-kept.bytes());
            }
        }
    }

    /** The oldest unfinished entries. */
    List<OutboxEntry> oldest() {
        if (entries.isEmpty()) {
            return List.of();
        }
        long lowest = entries.firstKey();
        long bytes = 0;
        List<OutboxEntry> list = new ArrayList<>();
        for (Map.Entry<Long, Kept> entry : entries.entrySet()) {
            Kept kept = entry.getValue();
            bytes += kept.bytes();
            if (!list.isEmpty() && (list.size() >= LISTED_MAX || bytes > LISTED_BYTES_MAX)) {
                break;
            }
            list.add(new OutboxEntry(entry.getKey(), lowest, kept.clientId(), kept.message()));
        }
        return list;
    }

    /** All entries by number; for the snapshot. */
    Map<Long, Kept> entries() {
        return entries;
    }

    long lastNumber() {
        return lastNumber;
    }

    /** How many wills found no room. */
    long dropped() {
        return dropped;
    }

    /** Adds an entry with its number, and charges the ledger. */
    void add(long number, Kept kept) {
        entries.put(number, kept);
        ledger.add(kept.bytes());
    }

    /** Takes over a snapshot's counters, after its entries. */
    void restored(long restoredLastNumber, long restoredDropped) {
        lastNumber = restoredLastNumber;
        dropped = restoredDropped;
    }
}
