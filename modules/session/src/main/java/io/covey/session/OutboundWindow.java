package io.covey.session;

import io.covey.bucket.QueueEntry;
import io.covey.protocol.QoS;
import java.util.Arrays;

/**
 * What has been handed to a connection and is not done, by sequence number: a ring of states from the lowest open sequence on, without
 * garbage. Packet Identifiers follow from the sequence, so the ring spans fewer than 65,535.
 *
 * <pre>
 * UNSENT --PUBLISH--> AWAITING_PUBACK --PUBACK--> FREE
 * UNSENT --PUBLISH--> AWAITING_PUBREC --PUBREC--> RECORDING --recorded, PUBREL--> AWAITING_PUBCOMP --PUBCOMP--> FREE
 * </pre>
 *
 * From each state back to FREE where a message is passed over or PUBREC refuses it; transient sessions leave out RECORDING.
 */
final class OutboundWindow { // [MQTT311-4.3.2-1] [MQTT311-4.3.3-1]
    /** Done, or never handed. */
    static final byte FREE = 0;
    /** In memory, not sent on this connection. */
    static final byte UNSENT = 1;
    /** PUBLISH at QoS 1 was sent. */
    static final byte AWAITING_PUBACK = 2;
    /** PUBLISH at QoS 2 was sent. */
    static final byte AWAITING_PUBREC = 3;
    /** PUBREC came and the bucket is writing it down. */
    static final byte RECORDING = 4;
    /** PUBREL was sent. */
    static final byte AWAITING_PUBCOMP = 5;

    /** What {@link #sequenceOf} returns for a Packet Identifier that is not in use. */
    static final long NONE = -1;

    private static final int PACKET_IDS = 65_535;
    private static final int CAPACITY_MIN = 16;
    private static final byte[] EMPTY = {};

    private byte[] states = EMPTY;
    private long base;
    private long end;
    private int inFlight;

    /** How many messages were sent and are not done. */
    int inFlight() {
        return inFlight;
    }

    /** Whether another sequence would get a Packet Identifier that is in use. */
    boolean isExhausted() {
        return end - base >= PACKET_IDS;
    }

    /** Adds a sequence above all others, as UNSENT. */
    void add(long sequence) {
        if (base == end) {
            base = sequence;
            end = sequence;
        }
        if (sequence < end || sequence - base >= PACKET_IDS) {
            throw new IllegalArgumentException("sequence " + sequence + " outside of " + base + ".." + end);
        }
        while (sequence - base >= states.length) {
            grow();
        }
        end = sequence + 1;
        states[index(sequence)] = UNSENT;
    }

    /** Notes that PUBLISH was sent. */
    void published(long sequence, QoS qos) {
        states[index(sequence)] = qos == QoS.EXACTLY_ONCE ? AWAITING_PUBREC : AWAITING_PUBACK;
        inFlight++;
    }

    /** Notes that PUBREC came on an earlier connection, so that only PUBREL is sent. */
    void publishedBefore(long sequence) {
        states[index(sequence)] = AWAITING_PUBCOMP;
        inFlight++;
    }

    /** Notes that PUBREC came or PUBREL was sent. */
    void moveTo(long sequence, byte state) {
        states[index(sequence)] = state;
    }

    /** Forgets a sequence. */
    void release(long sequence) {
        int index = index(sequence);
        if (states[index] != UNSENT) {
            inFlight--;
        }
        states[index] = FREE;
        while (base < end && states[index(base)] == FREE) {
            base++;
        }
    }

    /** The state of a sequence. */
    byte state(long sequence) {
        return sequence < base || sequence >= end ? FREE : states[index(sequence)];
    }

    /** The sequence that uses this Packet Identifier, or {@link #NONE}. */
    long sequenceOf(int packetId) {
        int ahead = packetId - QueueEntry.packetId(base);
        long sequence = base + (ahead < 0 ? ahead + PACKET_IDS : ahead);
        return state(sequence) == FREE ? NONE : sequence;
    }

    private int index(long sequence) {
        return (int) sequence & states.length - 1;
    }

    private void grow() {
        byte[] old = states;
        states = new byte[Math.max(CAPACITY_MIN, old.length * 2)];
        for (long sequence = base; sequence < end && sequence - base < old.length; sequence++) {
            states[index(sequence)] = old[(int) sequence & old.length - 1];
        }
    }

    @Override
    public String toString() {
        return base + ".." + end + ", " + inFlight + " in flight, " + Arrays.toString(states);
    }
}
