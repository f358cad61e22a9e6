package io.covey.session;

import io.covey.bucket.QueueEntry;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings what a persistent session's bucket hands out into the order of its sequences, from hints that may be early, repeated or lost [I5].
 *
 * <p>A hint that runs ahead waits in a small buffer. When the gap before it is still open after {@link #GAP_MILLIS}, what is missing is
 * fetched.
 */
final class DeliverySequencer {
    /** How long a gap may stay open before it is fetched. */
    static final long GAP_MILLIS = 10;

    /** After how long a fetch that did not close the gap is repeated. */
    static final long FETCH_AGAIN_MILLIS = 1000;

    /** How many sequences ahead a hint is kept; one beyond is fetched later. A power of two. */
    static final int AHEAD_MAX = 64;

    private static final @Nullable QueueEntry[] NONE = {};

    private final ConnectionEffects effects;
    private final Deliveries deliveries;
    private @Nullable QueueEntry[] ahead = NONE;
    private long next;
    private long highestKnown;
    private long fetchAtMillis = KeepAlive.NONE;

    /**
     * @param nextSequence the first that the bucket has not handed out yet
     */
    DeliverySequencer(ConnectionEffects effects, Deliveries deliveries, long nextSequence) {
        this.effects = effects;
        this.deliveries = deliveries;
        this.next = nextSequence;
        this.highestKnown = nextSequence - 1;
    }

    /** The next sequence expected. */
    long nextSequence() {
        return next;
    }

    /** When a gap is to be fetched, or {@link KeepAlive#NONE}. */
    long deadlineMillis() {
        return fetchAtMillis;
    }

    /** The bucket had handed out up to here before this connection could take it. */
    void known(long sequence, long nowMillis) {
        if (sequence > highestKnown) {
            highestKnown = sequence;
            fetch(nowMillis);
        }
    }

    /** A hint came. */
    void hinted(long sequence, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (sequence == next) {
            next++;
            deliveries.next(sequence, message, qos, retain, subscriptionIds, nowMillis);
            advance(nowMillis);
        } else if (sequence > next) {
            early(
                    new QueueEntry(sequence, message, qos, retain, subscriptionIds, QueueEntry.State.HANDED, false),
                    nowMillis);
        }
    }

    /** Entries came from the bucket. */
    void handed(List<QueueEntry> entries, long nowMillis) {
        for (int i = 0; i < entries.size(); i++) {
            QueueEntry entry = entries.get(i);
            if (entry.sequence() == next) {
                next++;
                deliveries.next(entry, nowMillis);
                advance(nowMillis);
            } else if (entry.sequence() > next) {
                early(entry, nowMillis);
            }
        }
        if (next <= highestKnown) {
            fetchAt(nowMillis + GAP_MILLIS);
        }
    }

    private void early(QueueEntry entry, long nowMillis) {
        highestKnown = Math.max(highestKnown, entry.sequence());
        if (entry.sequence() - next < AHEAD_MAX) {
            if (ahead.length == 0) {
                ahead = new QueueEntry[AHEAD_MAX];
            }
            ahead[index(entry.sequence())] = entry;
        }
        if (fetchAtMillis == KeepAlive.NONE) {
            fetchAt(nowMillis + GAP_MILLIS);
        }
    }

    /** Takes what had run ahead and is next now. */
    private void advance(long nowMillis) {
        while (next <= highestKnown) {
            QueueEntry entry = ahead.length == 0 ? null : ahead[index(next)];
            if (entry == null || entry.sequence() != next) {
                return;
            }
            next++;
            deliveries.next(entry, nowMillis);
        }
        highestKnown = next - 1;
        fetchAtMillis = KeepAlive.NONE;
        ahead = NONE;
    }

    private static int index(long sequence) {
        return (int) sequence & AHEAD_MAX - 1;
    }

    private void fetchAt(long millis) {
        fetchAtMillis = millis;
        effects.wakeAt(millis);
    }

    /** Fetches what is missing when it is time to. */
    void tick(long nowMillis) {
        if (nowMillis >= fetchAtMillis) {
            fetch(nowMillis);
        }
    }

    private void fetch(long nowMillis) {
        fetchAt(nowMillis + FETCH_AGAIN_MILLIS);
        effects.fetch(next);
    }

    @Override
    public String toString() {
        return "next " + next + ", known " + highestKnown + ", ahead " + Arrays.toString(ahead);
    }
}
