package io.covey.protocol;

/**
 * The encoded bytes of a PUBLISH before its payload: fixed header, Topic Name, Packet Identifier and properties.
 *
 * <p>Encoded once and shared; a sender copies the bytes and then patches what differs by receiver: the flags in byte 0, the Packet
 * Identifier at {@link #packetIdOffset} and the Message Expiry Interval at {@link #expiryOffset}.
 *
 * @param bytes not to be modified
 * @param packetIdOffset where the two bytes of the Packet Identifier stand, or -1 at QoS 0
 * @param expiryOffset where the four bytes of the Message Expiry Interval stand, or -1
 */
public record PublishHead(byte[] bytes, int packetIdOffset, int expiryOffset) {

    /**
     * Encodes the head of a PUBLISH with QoS 0, RETAIN 0, DUP 0 in byte 0.
     *
     * @param withPacketId whether room for a Packet Identifier is left (QoS 1 and 2)
     * @param topicAlias 0 for none; an alias is sent beside the Topic Name
     * @param subscriptionIds the Subscription Identifiers of the receiver's matching subscriptions, in any order
     */
    public static PublishHead encode(
            Message message, ProtocolVersion version, boolean withPacketId, int topicAlias, int[] subscriptionIds) {
        throw new UnsupportedOperationException("being written");
    }
}
