package io.covey.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Valid packets of one version, by a seeded generator. */
final class RandomPackets {
    private static final ReasonCode[] BEFORE_V5 = {
        ReasonCode.SUCCESS,
        ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
        ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
        ReasonCode.SERVER_UNAVAILABLE,
        ReasonCode.BAD_USER_NAME_OR_PASSWORD,
        ReasonCode.NOT_AUTHORIZED
    };
    private static final int[] SUB_ACK_CODES = {0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2};
    private static final int[] UNSUB_ACK_CODES = {0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91};
    private static final int[] PUB_ACK_CODES = {0x00, 0x00, 0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99};
    private static final int[] DISCONNECT_CODES = {0x00, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x98, 0x99};

    private final Random random;
    private final ProtocolVersion version;

    RandomPackets(Random random, ProtocolVersion version) {
        this.random = random;
        this.version = version;
    }

    ControlPacket fromClient() {
        return switch (random.nextInt(version.isV5() ? 11 : 10)) {
            case 0 -> connect();
            case 1, 2 -> publish(true);
            case 3 -> subscribe();
            case 4 -> new Unsubscribe(packetId(), properties(PacketContents.UNSUBSCRIBE, true), list(this::string));
            case 5 -> new PingReq();
            case 6, 7, 8 -> acknowledgement(true);
            case 9 -> disconnect(true);
            default -> auth(true);
        };
    }

    ControlPacket fromServer() {
        return switch (random.nextInt(version.isV5() ? 11 : 9)) {
            case 0 -> connAck();
            case 1, 2 -> publish(false);
            case 3 -> new SubAck(packetId(), properties(PacketContents.SUBACK, false), list(this::subAckCode));
            case 4 -> unsubAck();
            case 5 -> new PingResp();
            case 6, 7, 8 -> acknowledgement(false);
            case 9 -> disconnect(false);
            default -> auth(false);
        };
    }

    private Connect connect() {
        boolean userName = random.nextBoolean();
        boolean password = random.nextBoolean() && (userName || version.isV5());
        return new Connect(
                version,
                !version.isV5() && random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(65_536),
                properties(PacketContents.CONNECT, true),
                string(),
                random.nextBoolean() ? will() : null,
                userName ? string() : null,
                password ? binary() : null);
    }

    private Connect.Will will() {
        return new Connect.Will(
                topicName(),
                binary(),
                QoS.of(random.nextInt(3)),
                random.nextBoolean(),
                properties(PacketContents.WILL, true));
    }

    Publish publish(boolean fromClient) {
        QoS qos = QoS.of(random.nextInt(3));
        boolean acknowledged = qos != QoS.AT_MOST_ONCE;
        Properties properties = properties(
                fromClient ? PacketContents.PUBLISH_FROM_CLIENT : PacketContents.PUBLISH_FROM_SERVER, fromClient);
        boolean nameless = properties.contains(Property.TOPIC_ALIAS) && random.nextBoolean();
        return new Publish(
                acknowledged && random.nextBoolean(),
                qos,
                random.nextBoolean(),
                nameless ? "" : topicName(),
                acknowledged ? packetId() : 0,
                properties,
                binary());
    }

    private Subscribe subscribe() {
        return new Subscribe(packetId(), properties(PacketContents.SUBSCRIBE, true), list(this::request));
    }

    private SubscriptionRequest request() {
        QoS qos = QoS.of(random.nextInt(3));
        if (!version.isV5()) {
            return new SubscriptionRequest(string(), qos, false, false, 0);
        }
        boolean shared = random.nextBoolean();
        String filter = shared ? "$share/" + string() : string();
        boolean noLocal = !TopicFilters.isShared(filter) && random.nextBoolean();
        return new SubscriptionRequest(filter, qos, noLocal, random.nextBoolean(), random.nextInt(3));
    }

    private ControlPacket acknowledgement(boolean fromClient) {
        int packetId = packetId();
        return switch (random.nextInt(4)) {
            case 0 ->
                new PubAck(packetId, code(PUB_ACK_CODES), properties(PacketContents.PUBACK_FROM_CLIENT, fromClient));
            case 1 ->
                new PubRec(packetId, code(PUB_ACK_CODES), properties(PacketContents.PUBREC_FROM_CLIENT, fromClient));
            case 2 -> new PubRel(packetId, code(0x00, 0x92), properties(PacketContents.PUBREL, fromClient));
            default -> new PubComp(packetId, code(0x00, 0x92), properties(PacketContents.PUBCOMP, fromClient));
        };
    }

    private Disconnect disconnect(boolean fromClient) {
        PacketContents contents =
                fromClient ? PacketContents.DISCONNECT_FROM_CLIENT : PacketContents.DISCONNECT_FROM_SERVER;
        return new Disconnect(code(DISCONNECT_CODES), properties(contents, fromClient));
    }

    private Auth auth(boolean fromClient) {
        ReasonCode reason = code(0x18, fromClient ? 0x19 : 0x00);
        Properties.Builder builder = Properties.builder().add(Property.AUTHENTICATION_METHOD, string());
        if (random.nextBoolean()) {
            builder.add(Property.AUTHENTICATION_DATA, binary());
        }
        return new Auth(reason, builder.build());
    }

    private ConnAck connAck() {
        ReasonCode reason = version.isV5() ? code(0x00, 0x80, 0x87, 0x9F) : BEFORE_V5[random.nextInt(6)];
        boolean mayHaveSession = reason == ReasonCode.SUCCESS && version != ProtocolVersion.V3_1;
        return new ConnAck(mayHaveSession && random.nextBoolean(), reason, properties(PacketContents.CONNACK, false));
    }

    private UnsubAck unsubAck() {
        return new UnsubAck(
                packetId(),
                properties(PacketContents.UNSUBACK, false),
                version.isV5() ? list(() -> code(UNSUB_ACK_CODES)) : List.of());
    }

    private ReasonCode subAckCode() {
        return version.isV5() ? code(SUB_ACK_CODES) : ReasonCode.of(new int[] {0, 1, 2, 0x80}[random.nextInt(4)]);
    }

    private ReasonCode code(int... values) {
        return version.isV5() ? ReasonCode.of(values[random.nextInt(values.length)]) : ReasonCode.SUCCESS;
    }

    private <T> List<T> list(Supplier<T> source) {
        List<T> result = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            result.add(source.get());
        }
        return List.copyOf(result);
    }

    private int packetId() {
        return 1 + random.nextInt(65_535);
    }

    /** Random properties out of those that the packet may have, in the order of their identifiers. */
    Properties properties(PacketContents contents, boolean fromClient) {
        Properties.Builder builder = Properties.builder();
        if (!version.isV5() || random.nextInt(3) == 0) {
            return Properties.EMPTY;
        }
        boolean method = false;
        for (Property property : Property.values()) {
            boolean publishId = property == Property.SUBSCRIPTION_IDENTIFIER && contents != PacketContents.SUBSCRIBE;
            boolean misplaced = publishId && fromClient
                    || property == Property.SERVER_REFERENCE && fromClient
                    || property == Property.SESSION_EXPIRY_INTERVAL && contents == PacketContents.DISCONNECT_FROM_SERVER
                    || property == Property.AUTHENTICATION_DATA && !method;
            if (!contents.allows(property) || misplaced || random.nextInt(3) != 0) {
                continue;
            }
            method |= property == Property.AUTHENTICATION_METHOD;
            int times = publishId || property == Property.USER_PROPERTY ? 1 + random.nextInt(3) : 1;
            for (int i = 0; i < times; i++) {
                add(property, builder);
            }
        }
        return builder.build();
    }

    private void add(Property property, Properties.Builder builder) {
        switch (property.type()) {
            case BYTE -> builder.add(property, random.nextInt(2));
            case TWO_BYTES -> builder.add(property, 1 + random.nextInt(65_535));
            case FOUR_BYTES -> builder.add(property, 1 + (random.nextInt() & 0xFFFF_FFFEL));
            case VARIABLE -> builder.add(property, 1 + (random.nextInt(1 << 28) >> random.nextInt(28)));
            case STRING -> builder.add(property, property == Property.RESPONSE_TOPIC ? topicName() : string());
            case STRING_PAIR -> builder.addUserProperty(string(), string());
            case BINARY -> builder.add(property, binary());
        }
    }

    byte[] binary() {
        byte[] bytes = new byte[length()];
        random.nextBytes(bytes);
        return bytes;
    }

    private int length() {
        return random.nextInt(20) == 0 ? random.nextInt(600) : random.nextInt(12);
    }

    String topicName() {
        return "t" + string().replace('+', 'p').replace('#', 'h');
    }

    /** A sendable string: ASCII most of the time, else of characters of one to four bytes. */
    String string() {
        StringBuilder result = new StringBuilder();
        boolean ascii = random.nextInt(4) != 0;
        for (int i = length(); i > 0; i--) {
            result.appendCodePoint(ascii ? 1 + random.nextInt(0x7F) : codePoint());
        }
        return result.toString();
    }

    private int codePoint() {
        int codePoint = 1 + (random.nextInt(Character.MAX_CODE_POINT) >> random.nextInt(16));
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE ? 0xFEFF : codePoint;
    }
}
