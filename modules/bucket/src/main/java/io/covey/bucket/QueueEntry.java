package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;

/**
 * A message in a session's queue as it is handed to the session's connection.
 *
 * @param sequence its place in the queue, from 1; the Packet Identifier is {@code 1 + sequence mod 65535}
 * @param qos the level of this delivery, 1 or 2
 * @param retain the RETAIN flag towards this subscriber
 * @param subscriptionIds the Subscription Identifiers of all matching subscriptions; not to be modified
 * @param state HANDED: PUBLISH is to be sent; RECEIVED: PUBREC came, PUBREL is to be sent
 * @param dup whether it was handed to an earlier connection, so that DUP is set
 */
public record QueueEntry(
        long sequence, Message message, QoS qos, boolean retain, int[] subscriptionIds, State state, boolean dup) {
    /** How far a handed message is. */
    public enum State {
        HANDED,
        RECEIVED
    }

    /** The Packet Identifier of a sequence number. */
    public static int packetId(long sequence) {
        return 1 + (int) (sequence % 65535);
    }
}
