package io.covey.benchmarks;

import java.nio.ByteBuffer;

/**
 * One topic's PUBLISH, encoded but for what changes from message to message. The payload starts with the stream's number (4 bytes), the
 * message's number within the stream from 0 (8) and the time of sending in nanoseconds (8); the rest is padding.
 */
final class PublishTemplate {

    static final int PAYLOAD_HEAD_BYTES = 20;

    private final byte[] head;
    private final int streamId;
    private final boolean withPacketId;
    private final boolean withProperties;
    private final byte[] padding;

    /** @param padding shared by all templates of a run; its length is that of the payload without its head */
    PublishTemplate(String topic, int streamId, int qos, byte[] padding, int version) {
        this.head = WireFormat.publishHead(topic, qos, PAYLOAD_HEAD_BYTES + padding.length, version);
        this.streamId = streamId;
        this.withPacketId = qos > 0;
        this.withProperties = version == 5;
        this.padding = padding;
    }

    int bytes() {
        return head.length + (withPacketId ? 2 : 0) + (withProperties ? 1 : 0) + PAYLOAD_HEAD_BYTES + padding.length;
    }

    void write(ByteBuffer out, int packetId, long sequence, long sentNanos) {
        out.put(head);
        if (withPacketId) {
            out.putShort((short) packetId);
        }
        if (withProperties) {
            out.put((byte) 0);
        }
        out.putInt(streamId).putLong(sequence).putLong(sentNanos).put(padding);
    }
}
