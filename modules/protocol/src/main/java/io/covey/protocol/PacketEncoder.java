package io.covey.protocol;

/** Encodes whole packets. The hot path sends PUBLISH through {@link PublishHead} instead. */
public final class PacketEncoder {
    private PacketEncoder() {}

    /** Appends the packet; versions before 5.0 leave out properties and reasons, and CONNACK gets its return code. */
    public static void encode(ControlPacket packet, ProtocolVersion version, ByteWriter out) {
        throw new UnsupportedOperationException("being written");
    }
}
