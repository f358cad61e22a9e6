package io.covey.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the packets that a server sends, as strictly as {@link PacketDecoder}: for clients of our own and for tests. Owned by one thread.
 */
public final class ServerPacketDecoder {
    private static final PingResp PING_RESP = new PingResp();
    private static final int FAILURE_BEFORE_V5 = 0x80;

    private static final ReasonCode[] RETURN_CODES = {
        ReasonCode.SUCCESS,
        ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
        ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
        ReasonCode.SERVER_UNAVAILABLE,
        ReasonCode.BAD_USER_NAME_OR_PASSWORD,
        ReasonCode.NOT_AUTHORIZED
    };

    private final ProtocolVersion version;
    private final PacketReader reader = new PacketReader("MQTT-3.1.2-24", Integer.MAX_VALUE); // [MQTT-3.1.2-24]
    private final int maximumPacketSizeBytes;
    private final PublishReader publishReader = new PublishReader(PacketContents.PUBLISH_FROM_SERVER);

    /**
     * @param version what the client's CONNECT said
     * @param maximumPacketSizeBytes a packet whose total size is above it is refused with 0x95 before memory is taken for it
     */
    public ServerPacketDecoder(ProtocolVersion version, int maximumPacketSizeBytes) {
        this.version = version;
        this.maximumPacketSizeBytes = maximumPacketSizeBytes;
    }

    /**
     * Takes one complete packet from the buffer.
     *
     * @param in what has arrived; its position moves past the packet, and stays where the packet is incomplete
     * @return the packet, or null while it is incomplete; return codes before MQTT 5.0 as the reason codes that replaced them
     * @throws ProtocolViolation on the peer's violation; the decoder is not to be used after that
     */
    public @Nullable ControlPacket decode(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return null;
        }
        int firstByte = in.get(in.position()) & 0xFF;
        PacketType type = PacketType.of(firstByte >> 4);
        if (type == null || type == PacketType.AUTH && !version.isV5()) {
            throw ProtocolViolation.malformed("2.1.2", "a packet type that is reserved");
        }
        HeaderFlags.check(firstByte, type, version);
        if (!reader.open(in, maximumPacketSizeBytes)) {
            return null;
        }
        reader.checkLength(version);
        ControlPacket packet = body(type, firstByte);
        reader.close();
        return packet;
    }

    private ControlPacket body(PacketType type, int firstByte) {
        return switch (type) {
            case CONNACK -> connAck();
            case PUBLISH -> publishReader.read(firstByte, reader, version);
            case PUBACK -> ReasonReader.pubAck(reader, version, false);
            case PUBREC -> ReasonReader.pubRec(reader, version, false);
            case PUBREL -> ReasonReader.pubRel(reader, version);
            case PUBCOMP -> ReasonReader.pubComp(reader, version);
            case SUBACK -> subAck();
            case UNSUBACK -> unsubAck();
            case PINGRESP -> PING_RESP;
            case DISCONNECT -> disconnect();
            case AUTH -> ReasonReader.auth(reader, false);
            case CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ ->
                throw ProtocolViolation.protocolError("2.1.2", "a packet that only clients send");
        };
    }

    private ConnAck connAck() {
        int flags = reader.u8();
        if (flags > 1 && version != ProtocolVersion.V3_1) {
            throw ProtocolViolation.malformed("MQTT-3.2.2-1", "reserved acknowledge flags"); // [MQTT-3.2.2-1]
        }
        boolean sessionPresent = flags == 1 && version != ProtocolVersion.V3_1;
        int code = reader.u8();
        ReasonCode reason = version.isV5() ? PacketContents.CONNACK.reason(code) : returnCode(code);
        if (sessionPresent && reason != ReasonCode.SUCCESS) {
            throw ProtocolViolation.protocolError("MQTT-3.2.2-6", "Session Present with an error"); // [MQTT-3.2.2-6]
        }
        return new ConnAck(sessionPresent, reason, properties(PacketContents.CONNACK));
    }

    private static ReasonCode returnCode(int code) {
        if (code >= RETURN_CODES.length) {
            throw ProtocolViolation.protocolError("MQTT-3.2.2-8", "a return code that is reserved");
        }
        return RETURN_CODES[code];
    }

    private SubAck subAck() {
        int packetId = reader.packetId();
        Properties properties = properties(PacketContents.SUBACK);
        return new SubAck(packetId, properties, reasons(PacketContents.SUBACK));
    }

    private UnsubAck unsubAck() {
        int packetId = reader.packetId();
        Properties properties = properties(PacketContents.UNSUBACK);
        return new UnsubAck(packetId, properties, version.isV5() ? reasons(PacketContents.UNSUBACK) : List.of());
    }

    private List<ReasonCode> reasons(PacketContents contents) {
        if (!reader.hasRemaining()) {
            throw ProtocolViolation.protocolError(contents.section(), "an acknowledgement without reason codes");
        }
        List<ReasonCode> reasons = new ArrayList<>(1);
        while (reader.hasRemaining()) {
            int code = reader.u8();
            if (!version.isV5() && code > 2 && code != FAILURE_BEFORE_V5) {
                throw ProtocolViolation.protocolError("MQTT-3.9.3-2", "a return code that is reserved");
            }
            reasons.add(contents.reason(code));
        }
        return List.copyOf(reasons);
    }

    private Disconnect disconnect() {
        if (!version.isV5()) {
            throw ProtocolViolation.protocolError("2.1.2", "a packet that only clients send");
        }
        return ReasonReader.disconnect(reader, version, false);
    }

    private Properties properties(PacketContents contents) {
        return version.isV5() ? PropertyReader.read(reader, contents) : Properties.EMPTY;
    }
}
