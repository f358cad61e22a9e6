package io.covey.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the packets that a client sends, strictly: what the specification forbids is a {@link ProtocolViolation} with the reason that it
 * names. Owned by one thread; remembers the protocol version of the CONNECT.
 *
 * <p>What one packet alone shows is checked here; what depends on earlier packets (a second CONNECT, the range of Topic Aliases, client
 * ids, Packet Identifiers in use) and whether Topic Filters are well formed, which SUBACK answers one by one, is left to the session.
 */
public final class PacketDecoder {
    private static final PingReq PING_REQ = new PingReq();

    private final PacketReader reader;
    private final int maximumPacketSizeBytes;
    private final int maximumConnectSizeBytes;
    private final PublishReader publishReader = new PublishReader(PacketContents.PUBLISH_FROM_CLIENT);
    private @Nullable ProtocolVersion version;

    /** One that takes a CONNECT of any size that other packets may have, and as many User Properties as fit into it. */
    public PacketDecoder(int maximumPacketSizeBytes) {
        this(maximumPacketSizeBytes, maximumPacketSizeBytes, Integer.MAX_VALUE);
    }

    /**
     * @param maximumPacketSizeBytes a packet whose total size is above it is refused with 0x95 before memory is taken for it
     * @param maximumConnectSizeBytes the same for the CONNECT, which comes from who knows whom
     * @param userPropertiesMax a packet, or a will, with more User Properties is refused with 0x97
     */
    public PacketDecoder(int maximumPacketSizeBytes, int maximumConnectSizeBytes, int userPropertiesMax) {
        this.maximumPacketSizeBytes = maximumPacketSizeBytes;
        this.maximumConnectSizeBytes = Math.min(maximumConnectSizeBytes, maximumPacketSizeBytes);
        reader = new PacketReader("MQTT-3.2.2-15", userPropertiesMax);
    }

    /** What the first CONNECT speaks, also if the rest of it is a violation; null before its protocol level was understood. */
    public @Nullable ProtocolVersion version() {
        return version;
    }

    /**
     * Takes one complete packet from the buffer.
     *
     * @param in what has arrived; its position moves past the packet, and stays where the packet is incomplete
     * @return the packet, or null while it is incomplete
     * @throws ProtocolViolation on the peer's violation; the decoder is not to be used after that
     */
    public @Nullable ControlPacket decode(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return null;
        }
        int firstByte = in.get(in.position()) & 0xFF;
        ProtocolVersion spoken = version;
        PacketType type = checkedType(firstByte, spoken);
        if (!reader.open(in, spoken == null ? maximumConnectSizeBytes : maximumPacketSizeBytes)) { // [MQTT-3.2.2-15]
            return null;
        }
        ControlPacket packet =
                spoken == null || type == PacketType.CONNECT ? connect(firstByte) : body(type, firstByte, spoken);
        reader.close();
        return packet;
    }

    /** Refuses by the first byte alone what can be refused, so that a bad packet is not waited for. */
    private static PacketType checkedType(int firstByte, @Nullable ProtocolVersion spoken) {
        PacketType type = PacketType.of(firstByte >> 4);
        if (type == PacketType.CONNECT) {
            return type; // its flags depend on its version
        }
        if (spoken == null) {
            throw ProtocolViolation.protocolError("MQTT-3.1.0-1", "a packet before CONNECT"); // [MQTT-3.1.0-1]
        }
        if (type == null || type == PacketType.AUTH && !spoken.isV5()) {
            throw ProtocolViolation.malformed("2.1.2", "a packet type that is reserved");
        }
        HeaderFlags.check(firstByte, type, spoken);
        return type;
    }

    private Connect connect(int firstByte) {
        ConnectReader connect = new ConnectReader(reader);
        if (version == null) {
            version = connect.version();
        }
        HeaderFlags.check(firstByte, PacketType.CONNECT, connect.version());
        reader.checkLength(connect.version());
        return connect.read();
    }

    private ControlPacket body(PacketType type, int firstByte, ProtocolVersion spoken) {
        reader.checkLength(spoken);
        return switch (type) {
            case PUBLISH -> publishReader.read(firstByte, reader, spoken);
            case PUBACK -> ReasonReader.pubAck(reader, spoken, true);
            case PUBREC -> ReasonReader.pubRec(reader, spoken, true);
            case PUBREL -> ReasonReader.pubRel(reader, spoken);
            case PUBCOMP -> ReasonReader.pubComp(reader, spoken);
            case SUBSCRIBE -> subscribe(spoken);
            case UNSUBSCRIBE -> unsubscribe(spoken);
            case PINGREQ -> PING_REQ;
            case DISCONNECT -> ReasonReader.disconnect(reader, spoken, true);
            case AUTH -> ReasonReader.auth(reader, true);
            case CONNECT, CONNACK, SUBACK, UNSUBACK, PINGRESP ->
                throw ProtocolViolation.protocolError("2.1.2", "a packet that only servers send");
        };
    }

    private Subscribe subscribe(ProtocolVersion spoken) {
        int packetId = reader.packetId();
        Properties properties = properties(spoken, PacketContents.SUBSCRIBE);
        if (!reader.hasRemaining()) {
            throw ProtocolViolation.protocolError("MQTT-3.8.3-2", "SUBSCRIBE without a filter"); // [MQTT-3.8.3-2]
        }
        List<SubscriptionRequest> subscriptions = new ArrayList<>(1);
        while (reader.hasRemaining()) {
            String filter = reader.string(); // [MQTT-3.8.3-1]
            int options = reader.u8();
            subscriptions.add(spoken.isV5() ? request(filter, options) : request3(filter, options));
        }
        return new Subscribe(packetId, properties, List.copyOf(subscriptions));
    }

    private static SubscriptionRequest request(String filter, int options) {
        if ((options & 0xC0) != 0) {
            throw ProtocolViolation.malformed("MQTT-3.8.3-5", "reserved option bits"); // [MQTT-3.8.3-5]
        }
        int qos = options & 3;
        int retainHandling = options >> 4;
        if (qos == 3 || retainHandling == 3) {
            throw ProtocolViolation.protocolError("3.8.3.1", "Maximum QoS or Retain Handling 3");
        }
        boolean noLocal = (options & 4) != 0;
        if (noLocal && TopicFilters.isShared(filter)) {
            // [MQTT-3.8.3-4]
            throw ProtocolViolation.protocolError("MQTT-3.8.3-4", "No Local on a Shared Subscription");
        }
        return new SubscriptionRequest(filter, QoS.of(qos), noLocal, (options & 8) != 0, retainHandling);
    }

    /** Before MQTT 5.0 the options are a QoS, and the other bits must be 0. */
    private static SubscriptionRequest request3(String filter, int options) {
        if (options > 2) {
            throw ProtocolViolation.malformed("MQTT311-3-8.3-4", "requested QoS above 2"); // [MQTT311-3-8.3-4]
        }
        return new SubscriptionRequest(filter, QoS.of(options), false, false, 0);
    }

    private Unsubscribe unsubscribe(ProtocolVersion spoken) {
        int packetId = reader.packetId();
        Properties properties = properties(spoken, PacketContents.UNSUBSCRIBE);
        if (!reader.hasRemaining()) {
            throw ProtocolViolation.protocolError("MQTT-3.10.3-2", "UNSUBSCRIBE without a filter"); // [MQTT-3.10.3-2]
        }
        List<String> filters = new ArrayList<>(1);
        while (reader.hasRemaining()) {
            filters.add(reader.string()); // [MQTT-3.10.3-1]
        }
        return new Unsubscribe(packetId, properties, List.copyOf(filters));
    }

    private Properties properties(ProtocolVersion spoken, PacketContents contents) {
        return spoken.isV5() ? PropertyReader.read(reader, contents) : Properties.EMPTY;
    }
}
