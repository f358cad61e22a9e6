package io.covey.benchmarks;

import java.nio.ByteBuffer;

/** What a connected client does. Called on the connection's loop. */
interface Role {

    /** Connected, and subscribed where the connection asks for it. */
    void onReady(Connection connection, boolean sessionPresent, int receiveMaximum);

    /** A PUBLISH has come; see {@link PacketHandler#onPublish}. */
    void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes);

    void onAck(int type, int packetId, int reason);

    /** The SUBACK to what the role itself has subscribed to. */
    default void onSubAck() {}

    /** All packets that one read brought have been handed over. */
    void onReadEnd();

    /** The connection takes more after it had been congested. */
    void onWritable();
}
