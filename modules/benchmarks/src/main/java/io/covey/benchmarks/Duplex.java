package io.covey.benchmarks;

import java.nio.ByteBuffer;

/** A client that publishes one stream and subscribes to another over the same connection. */
final class Duplex implements Role {

    private final Publisher publisher;
    private final Subscriber subscriber;

    Duplex(Publisher publisher, Subscriber subscriber) {
        this.publisher = publisher;
        this.subscriber = subscriber;
    }

    @Override
    public void onReady(Connection connection, boolean sessionPresent, int receiveMaximum) {
        publisher.onReady(connection, sessionPresent, receiveMaximum);
        subscriber.onReady(connection, sessionPresent, receiveMaximum);
    }

    @Override
    public void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes) {
        subscriber.onPublish(flags, packetId, in, payloadAt, payloadBytes);
    }

    @Override
    public void onAck(int type, int packetId, int reason) {
        if (type == WireFormat.PUBREL) {
            subscriber.onAck(type, packetId, reason);
        } else {
            publisher.onAck(type, packetId, reason);
        }
    }

    @Override
    public void onReadEnd() {
        publisher.onReadEnd();
        subscriber.onReadEnd();
    }

    @Override
    public void onWritable() {
        publisher.onWritable();
        subscriber.onWritable();
    }
}
