package io.covey.testkit;

import io.covey.testkit.History.InvariantViolated;
import io.covey.testkit.History.PublishKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes of retained messages and what SUBSCRIBEs read: a read sees every write that was acknowledged before it [I6], so nothing that such a
 * write replaced. Writes that overlapped in time may be in either order, but in the end in the same one for everybody.
 */
final class RetainedHistory {
    private final EventQueue events;
    private final Map<String, List<Write>> writes = new LinkedHashMap<>();
    private final Map<String, String> last = new LinkedHashMap<>();

    /** A value or a deletion. */
    private static final class Write {
        final PublishKey key;
        final boolean deletes;
        final long firstSentMicros;
        long acknowledgedMicros = History.NEVER;

        Write(PublishKey key, boolean deletes, long firstSentMicros) {
            this.key = key;
            this.deletes = deletes;
            this.firstSentMicros = firstSentMicros;
        }

        @Override
        public String toString() {
            return (deletes ? "deletion " : "") + key;
        }
    }

    RetainedHistory(EventQueue events) {
        this.events = events;
    }

    /** A retained PUBLISH leaves its client for the first time. */
    void sent(PublishKey key, boolean deletes) {
        writes.computeIfAbsent(key.topic(), t -> new ArrayList<>()).add(new Write(key, deletes, events.nowMicros()));
    }

    /** It is acknowledged. */
    void acknowledged(PublishKey key) {
        for (Write write : writes.getOrDefault(key.topic(), List.of())) {
            if (write.key.equals(key)) {
                write.acknowledgedMicros = Math.min(write.acknowledgedMicros, events.nowMicros());
            }
        }
    }

    /** The topics written so far. */
    List<String> topics() {
        return List.copyOf(writes.keySet());
    }

    /**
     * A SUBSCRIBE that was sent at this time read a topic.
     *
     * @param seen the values that came for the topic, retained or live
     * @param absent whether no retained message came: there was none, or a newer value came live
     */
    void read(String reader, String topic, long sentMicros, Set<PublishKey> seen, boolean absent) {
        List<Write> ofTopic = writes.getOrDefault(topic, List.of());
        Write replacing = newestReplacing(ofTopic, null, sentMicros);
        if (replacing == null) {
            return;
        }
        for (Write write : ofTopic) {
            boolean seenOrAbsent = write.deletes ? absent : seen.contains(write.key);
            if (seenOrAbsent && newestReplacing(ofTopic, write, sentMicros) == null) {
                return;
            }
        }
        throw new InvariantViolated("retained: " + reader + " read " + (seen.isEmpty() ? "nothing" : seen) + " of "
                + topic + " although " + replacing + " was acknowledged before, and nothing was written after it");
    }

    /** In the end everybody reads the same. */
    void lastRead(String reader, String topic, @Nullable PublishKey value) {
        String text = value == null ? "nothing" : value.toString();
        String other = last.putIfAbsent(topic, text);
        if (other != null && !other.equals(text)) {
            throw new InvariantViolated(
                    "retained: in the end " + reader + " reads " + text + " of " + topic + ", another " + other);
        }
    }

    /** A write that was acknowledged before this time and sent after the given one (null for the time before all) was acknowledged. */
    private static @Nullable Write newestReplacing(List<Write> ofTopic, @Nullable Write write, long beforeMicros) {
        for (Write other : ofTopic) {
            boolean after = write == null || write.acknowledgedMicros < other.firstSentMicros;
            if (after && other.acknowledgedMicros < beforeMicros) {
                return other;
            }
        }
        return null;
    }
}
