package io.covey.benchmarks;

import java.nio.ByteBuffer;

/** Takes the packets that {@link PacketReader} finds. */
interface PacketHandler {

    /**
     * @param code 0 when the broker accepted the connection
     * @param receiveMaximum how many publishes at QoS 1 and 2 the broker takes unacknowledged; 65,535 when it does not say
     */
    void onConnAck(boolean sessionPresent, int code, int receiveMaximum);

    /** @param code the granted QoS, or 0x80 and above when refused */
    void onSubAck(int packetId, int code);

    /**
     * @param flags the low four bits of the fixed header: DUP, QoS, RETAIN
     * @param packetId 0 at QoS 0
     * @param in holds the payload from {@code payloadAt}; the position is not to be moved
     */
    void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes);

    /** @param type PUBACK, PUBREC, PUBREL or PUBCOMP of {@link WireFormat} */
    void onAck(int type, int packetId, int reason);

    void onDisconnect(int reason);
}
