package io.covey.benchmarks;

import java.nio.ByteBuffer;

/** A client that only connects: with Clean Session, to end the session of its name. */
final class Visitor implements Role {

    @Override
    public void onReady(Connection connection, boolean sessionPresent, int receiveMaximum) {}

    @Override
    public void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes) {}

    @Override
    public void onAck(int type, int packetId, int reason) {}

    @Override
    public void onReadEnd() {}

    @Override
    public void onWritable() {}
}
