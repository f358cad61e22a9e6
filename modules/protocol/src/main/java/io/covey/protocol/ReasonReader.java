package io.covey.protocol;

/** Reads the packets that consist of a reason and properties: acknowledgements of PUBLISH, DISCONNECT and AUTH. */
final class ReasonReader {
    private ReasonReader() {}

    static PubAck pubAck(PacketReader in, ProtocolVersion version, boolean fromClient) {
        PacketContents contents = fromClient ? PacketContents.PUBACK_FROM_CLIENT : PacketContents.PUBACK_FROM_SERVER;
        int packetId = in.packetId();
        ReasonCode reason = reason(in, version, contents);
        return new PubAck(packetId, reason, properties(in, version, contents));
    }

    static PubRec pubRec(PacketReader in, ProtocolVersion version, boolean fromClient) {
        PacketContents contents = fromClient ? PacketContents.PUBREC_FROM_CLIENT : PacketContents.PUBREC_FROM_SERVER;
        int packetId = in.packetId();
        ReasonCode reason = reason(in, version, contents);
        return new PubRec(packetId, reason, properties(in, version, contents));
    }

    static PubRel pubRel(PacketReader in, ProtocolVersion version) {
        int packetId = in.packetId();
        ReasonCode reason = reason(in, version, PacketContents.PUBREL);
        return new PubRel(packetId, reason, properties(in, version, PacketContents.PUBREL));
    }

    static PubComp pubComp(PacketReader in, ProtocolVersion version) {
        int packetId = in.packetId();
        ReasonCode reason = reason(in, version, PacketContents.PUBCOMP);
        return new PubComp(packetId, reason, properties(in, version, PacketContents.PUBCOMP));
    }

    static Disconnect disconnect(PacketReader in, ProtocolVersion version, boolean fromClient) {
        PacketContents contents =
                fromClient ? PacketContents.DISCONNECT_FROM_CLIENT : PacketContents.DISCONNECT_FROM_SERVER;
        ReasonCode reason = reason(in, version, contents);
        return new Disconnect(reason, properties(in, version, contents));
    }

    static Auth auth(PacketReader in, boolean fromClient) {
        PacketContents contents = fromClient ? PacketContents.AUTH_FROM_CLIENT : PacketContents.AUTH_FROM_SERVER;
        if (!in.hasRemaining()) {
            // The short form says Success, which is not everybody's to say.
            return new Auth(contents.reason(ReasonCode.SUCCESS.value()), Properties.EMPTY);
        }
        ReasonCode reason = contents.reason(in.u8());
        // Here the Property Length may not be left out.
        Properties properties = PropertyReader.read(in, contents);
        if (!properties.contains(Property.AUTHENTICATION_METHOD)) {
            throw ProtocolViolation.protocolError("3.15.2.2.2", "AUTH without an Authentication Method");
        }
        return new Auth(reason, properties);
    }

    /** A reason may be left out, and means Success then. */
    private static ReasonCode reason(PacketReader in, ProtocolVersion version, PacketContents contents) {
        return version.isV5() && in.hasRemaining() ? contents.reason(in.u8()) : ReasonCode.SUCCESS;
    }

    /** Property Length and properties may be left out. */
    private static Properties properties(PacketReader in, ProtocolVersion version, PacketContents contents) {
        return version.isV5() && in.hasRemaining() ? PropertyReader.read(in, contents) : Properties.EMPTY;
    }
}
