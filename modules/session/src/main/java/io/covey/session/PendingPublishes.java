package io.covey.session;

import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The publishes of one client that are in work, in the order of their arrival: a ring by token, without garbage. Its size is bounded by
 * {@link SessionSettings#pendingPublishesMax}, {@link SessionSettings#pendingPublishBytesMax} and what had been read already when reading was turned off.
 */
final class PendingPublishes {
    private static final int QOS_SHIFT = 16;
    private static final int ID_MASK = 0xFFFF;
    private static final int CAPACITY_MIN = 16;

    private static final int[] NO_PUBLISHES = {};
    private static final @Nullable ReasonCode[] NO_OUTCOMES = {};

    private int[] publishes = NO_PUBLISHES;
    private int[] sizes = NO_PUBLISHES;
    private @Nullable ReasonCode[] outcomes = NO_OUTCOMES;
    private long firstToken = 1;
    private int size;
    private long bytes;

    /** Bytes of all that {@link #size} counts. */
    long bytes() {
        return bytes;
    }

    /** How many are in work or wait for their turn to be acknowledged. */
    int size() {
        return size;
    }

    /** The token of the newest publish, 0 when there was none. */
    long newestToken() {
        return firstToken + size - 1;
    }

    /** Adds a publish and returns its token. */
    long add(int packetId, QoS qos, int publishBytes) {
        if (size == publishes.length) {
            grow();
        }
        long token = firstToken + size;
        publishes[index(token)] = qos.value() << QOS_SHIFT | packetId;
        sizes[index(token)] = publishBytes;
        bytes += publishBytes;
        size++;
        return token;
    }

    /** Notes the outcome of a publish that is in work. */
    void complete(long token, ReasonCode reason) {
        if (token < firstToken || token >= firstToken + size || outcomes[index(token)] != null) {
            throw new IllegalArgumentException("no publish in work has the token " + token);
        }
        outcomes[index(token)] = reason;
    }

    /** The token of the oldest publish. */
    long oldestToken() {
        return firstToken;
    }

    /** The outcome of the oldest publish, or null while it is in work or there is none. */
    @Nullable
    ReasonCode oldestOutcome() {
        return size == 0 ? null : outcomes[index(firstToken)];
    }

    /** The Packet Identifier of the oldest publish. */
    int oldestPacketId() {
        return publishes[index(firstToken)] & ID_MASK;
    }

    /** The level of the oldest publish. */
    QoS oldestQos() {
        return QoS.of(publishes[index(firstToken)] >>> QOS_SHIFT);
    }

    /** Removes the oldest publish. */
    void removeOldest() {
        outcomes[index(firstToken)] = null;
        bytes -= sizes[index(firstToken)];
        firstToken++;
        size--;
    }

    private int index(long token) {
        return (int) token & publishes.length - 1;
    }

    private void grow() {
        int[] oldPublishes = publishes;
        int[] oldSizes = sizes;
        @Nullable ReasonCode[] oldOutcomes = outcomes;
        int capacity = Math.max(CAPACITY_MIN, oldPublishes.length * 2);
        publishes = new int[capacity];
        sizes = new int[capacity];
        outcomes = Arrays.copyOf(oldOutcomes, capacity);
        Arrays.fill(outcomes, null);
        for (long token = firstToken; token < firstToken + size; token++) {
            int from = (int) token & oldPublishes.length - 1;
            publishes[index(token)] = oldPublishes[from];
            sizes[index(token)] = oldSizes[from];
            outcomes[index(token)] = oldOutcomes[from];
        }
    }
}
