package io.covey.bucket;

import io.covey.protocol.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Effects on other buckets that are not yet confirmed by every target. Bounded by {@link #ENTRIES_MAX}: what comes beyond it is dropped and
 * counted; before that, the bytes held here make the bucket refuse messages.
 */
final class Outbox {
    static final int ENTRIES_MAX = 65_536;

    /** Above this many entries, messages of Shared Subscriptions stay with their groups. */
    static final int SHARED_ENTRIES_MAX = 16_384;

    /** What one answer to a Tick shows at most. */
    private static final int LISTED_MAX = 256;

    private static final int LISTED_BYTES_MAX = 256 << 10;
    /** What the answer to one batch tells at most. */
    private static final long CREATED_BYTES_MAX = 4 << 20;

    private static final int ENTRY_BYTES = 128;

    private final Ledger ledger;
    private final TreeMap<Long, OutboxEffect> entries = new TreeMap<>();
    private final List<OutboxEntry> created = new ArrayList<>();
    private long createdBytes;
    private long lastNumber;
    private long dropped;

    Outbox(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Publishes a will; its times count from now. */
    void publish(String clientId, Will will, long nowMillis) {
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
        add(new OutboxEffect.Publish(clientId, message));
    }

    /** Whether messages of Shared Subscriptions may be added. */
    boolean admitsShared() {
        return entries.size() < SHARED_ENTRIES_MAX;
    }

    /** Adds an effect; returns its number, or 0 when it was dropped for want of room. */
    long add(OutboxEffect effect) {
        if (entries.size() >= ENTRIES_MAX) {
            dropped++;
            return 0;
        }
        lastNumber++;
        add(lastNumber, effect);
        createdBytes += bytes(effect);
        if (createdBytes <= CREATED_BYTES_MAX) {
            created.add(new OutboxEntry(lastNumber, entries.firstKey(), effect));
        }
        return lastNumber;
    }

    /** The effect of this number if it is unfinished, else null. */
    @Nullable
    OutboxEffect find(long number) {
        return entries.get(number);
    }

    private static long bytes(OutboxEffect effect) {
        return ENTRY_BYTES + effect.bytes();
    }

    /** What was added since the last call; beyond {@link #CREATED_BYTES_MAX} only {@link #oldest} tells it. */
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
            OutboxEffect effect = entries.remove(number);
            if (effect != null) {
                ledger.add(-bytes(effect));
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
        for (Map.Entry<Long, OutboxEffect> entry : entries.entrySet()) {
            bytes += bytes(entry.getValue());
            if (!list.isEmpty() && (list.size() >= LISTED_MAX || bytes > LISTED_BYTES_MAX)) {
                break;
            }
            list.add(new OutboxEntry(entry.getKey(), lowest, entry.getValue()));
        }
        return list;
    }

    /** All entries by number; for the snapshot. */
    Map<Long, OutboxEffect> entries() {
        return entries;
    }

    long lastNumber() {
        return lastNumber;
    }

    /** How many effects found no room. */
    long dropped() {
        return dropped;
    }

    /** Adds an entry with its number, and charges the ledger. */
    void add(long number, OutboxEffect effect) {
        entries.put(number, effect);
        ledger.add(bytes(effect));
    }

    /** Takes over a snapshot's counters, after its entries. */
    void restored(long restoredLastNumber, long restoredDropped) {
        lastNumber = restoredLastNumber;
        dropped = restoredDropped;
    }
}
