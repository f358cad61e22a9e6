package io.covey.bucket;

import io.covey.protocol.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The retained messages of a bucket, sorted level by level so that a filter's matches are found by seeking. Bounded by {@link BucketLimits} and the ledger's bytes. */
final class RetainedStore {
    /** Messages in one page. */
    static final int PAGE_MESSAGES_MAX = 256;

    /** Bytes in one page; one message fits in any case. */
    static final int PAGE_BYTES_MAX = 256 << 10;

    /** Topics looked at for one page. */
    static final int PAGE_STEPS_MAX = 10_000;

    private static final int VALUE_BYTES = 128;

    private final Ledger ledger;
    private final OriginTable origins;
    private final TreeMap<String, Value> values = new TreeMap<>(TopicOrder.LEVEL_BY_LEVEL);

    /** Those that expire, the next one first. */
    private final TreeSet<Value> expiring = new TreeSet<>(
            Comparator.<Value>comparingLong(value -> value.message().expiresAtMillis())
                    .thenComparing(value -> value.message().topic()));

    private long version;
    private long bytes;

    /** A retained message and the bucket's version of it. */
    record Value(Message message, long version) {
        long bytes() {
            return bytesOf(message);
        }

        private static long bytesOf(Message message) {
            return (long) VALUE_BYTES + message.sizeBytes();
        }
    }

    RetainedStore(Ledger ledger, OriginTable origins) {
        this.ledger = ledger;
        this.origins = origins;
    }

    Result retain(Command.Retain retain, long nowMillis) {
        Message message = retain.message();
        Value present = values.get(message.topic());
        Origin origin = retain.origin();
        if (origin != null && origins.isRepeat(origin)) { // [MQTT-4.3.3-10]
            return new Result.RetainedStored(present == null ? version : present.version(), null);
        }
        boolean stores = message.payload().length > 0;
        long added = stores ? Value.bytesOf(message) - (present == null ? 0 : present.bytes()) : 0;
        Shortage shortage = added > 0 ? shortage(present == null, added) : null;
        if (shortage != null) {
            ledger.countRefused();
            return new Result.RetainedStored(version, shortage);
        }
        if (origin != null) {
            origins.record(origin, nowMillis);
        }
        if (present != null) {
            remove(present); // [MQTT-3.3.1-6]
        }
        version++;
        if (stores) { // [MQTT-3.3.1-7]
            add(new Value(message, version)); // [MQTT-3.3.1-5] [MQTT311-3.1.2-7] [MQTT311-3.3.1-7]
        }
        return new Result.RetainedStored(version, null);
    }

    /** What keeps a value out, or null. */
    private @Nullable Shortage shortage(boolean newTopic, long added) {
        BucketLimits limits = ledger.limits();
        if (newTopic && values.size() >= limits.retainedMessagesMax()) {
            return Shortage.RETAINED_MESSAGES;
        }
        return bytes + added > limits.retainedBytesMax() ? Shortage.RETAINED_BYTES : ledger.shortageForMessages(added);
    }

    Result read(Command.ReadRetained read, long nowMillis) {
        RetainedScan scan = new RetainedScan(read.filter());
        List<Message> page = new ArrayList<>();
        String last = read.after();
        long pageBytes = 0;
        String first = scan.first();
        boolean resumes = !last.isEmpty() && TopicOrder.LEVEL_BY_LEVEL.compare(last, first) >= 0;
        Map.Entry<String, Value> entry = resumes ? values.higherEntry(last) : values.ceilingEntry(first);
        for (int steps = 0; entry != null; steps++) {
            String topic = entry.getKey();
            Message message = entry.getValue().message();
            boolean taken = scan.matches(topic) && !message.isExpired(nowMillis); // [MQTT-3.3.2-5]
            pageBytes += taken ? message.sizeBytes() : 0;
            if (steps == PAGE_STEPS_MAX
                    || page.size() == PAGE_MESSAGES_MAX
                    || taken && pageBytes > PAGE_BYTES_MAX && !page.isEmpty()) {
                return new Result.RetainedPage(page, true, last);
            }
            if (taken) {
                page.add(message);
            }
            last = topic;
            entry = following(topic, scan);
        }
        return new Result.RetainedPage(page, false, last);
    }

    private Map.@Nullable Entry<String, Value> following(String topic, RetainedScan scan) {
        if (scan.isOver()) {
            return null;
        }
        String target = scan.next();
        return target == null ? values.higherEntry(topic) : values.ceilingEntry(target);
    }

    /**
     * Drops what has expired.
     *
     * @param valuesMax drop no more than this
     */
    void dropExpired(long nowMillis, int valuesMax) {
        for (int i = 0; i < valuesMax && !expiring.isEmpty(); i++) {
            Value next = expiring.first();
            if (!next.message().isExpired(nowMillis)) {
                return;
            }
            remove(next);
        }
    }

    /** All values in the order of their topics. */
    Collection<Value> values() {
        return values.values();
    }

    /** What the values take. */
    long bytes() {
        return bytes;
    }

    /** Counts every change. */
    long version() {
        return version;
    }

    /** Adds a value for a topic that has none. */
    void add(Value value) {
        values.put(value.message().topic(), value);
        ledger.add(value.bytes());
        bytes += value.bytes();
        if (value.message().expiresAtMillis() != Message.NEVER) {
            expiring.add(value);
        }
    }

    /** Takes over a snapshot's counter. */
    void restored(long restoredVersion) {
        version = restoredVersion;
    }

    private void remove(Value value) {
        values.remove(value.message().topic());
        ledger.add(-value.bytes());
        bytes -= value.bytes();
        if (value.message().expiresAtMillis() != Message.NEVER) {
            expiring.remove(value);
        }
    }
}
