package io.covey.protocol;

import static io.covey.protocol.ProtocolVersion.V3_1;
import static io.covey.protocol.ProtocolVersion.V3_1_1;
import static io.covey.protocol.ProtocolVersion.V5;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Packets by hand, in the notation of {@link PacketCase#bytes}: valid ones of every type, and those that violate a clause. */
final class PacketCases {
    private static final Properties NONE = Properties.EMPTY;
    private static final List<ProtocolVersion> ALL = List.of(V3_1, V3_1_1, V5);
    private static final List<ProtocolVersion> BEFORE_V5 = List.of(V3_1, V3_1_1);

    private final List<PacketCase> cases = new ArrayList<>();

    private PacketCases() {}

    /** Every case. */
    static List<PacketCase> all() {
        PacketCases table = new PacketCases();
        table.connects();
        table.connectViolations();
        table.willViolations();
        table.publishes();
        table.publishViolations();
        table.acknowledgements();
        table.acknowledgementViolations();
        table.subscribes();
        table.subscribeViolations();
        table.disconnectsAndAuths();
        table.disconnectAndAuthViolations();
        table.framing();
        table.headerFlags();
        table.strings();
        table.connAcks();
        table.serverAcknowledgements();
        table.serverViolations();
        return table.cases;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void client(ProtocolVersion version, String name, String notation, ControlPacket packet) {
        cases.add(new PacketCase(name, true, version, PacketCase.bytes(notation), packet, null, null, true));
    }

    /** A packet that is understood, though we would encode it otherwise. */
    private void tolerated(ProtocolVersion version, String name, String notation, ControlPacket packet) {
        cases.add(new PacketCase(name, true, version, PacketCase.bytes(notation), packet, null, null, false));
    }

    private void malformed(ProtocolVersion version, String clause, String name, String notation) {
        refused(version, ReasonCode.MALFORMED_PACKET, clause, name, notation);
    }

    private void protocolError(ProtocolVersion version, String clause, String name, String notation) {
        refused(version, ReasonCode.PROTOCOL_ERROR, clause, name, notation);
    }

    private void refused(ProtocolVersion version, ReasonCode reason, String clause, String name, String notation) {
        cases.add(new PacketCase(name, true, version, PacketCase.bytes(notation), null, reason, clause, false));
    }

    private void server(ProtocolVersion version, String name, String notation, ControlPacket packet) {
        cases.add(new PacketCase(name, false, version, PacketCase.bytes(notation), packet, null, null, true));
    }

    private void serverRefused(
            ProtocolVersion version, ReasonCode reason, String clause, String name, String notation) {
        cases.add(new PacketCase(name, false, version, PacketCase.bytes(notation), null, reason, clause, false));
    }

    private static Connect connect(ProtocolVersion version, boolean bridge, String clientId) {
        return new Connect(version, bridge, true, 60, NONE, clientId, null, null, null);
    }

    private void connects() {
        client(V5, "CONNECT", "10 0e 0004 4d515454 05 02 003c 00 0001 63", connect(V5, false, "c"));
        client(V3_1_1, "CONNECT", "10 0d 0004 4d515454 04 02 003c 0001 63", connect(V3_1_1, false, "c"));
        client(V3_1, "CONNECT", "10 0f 0006 4d5149736470 03 02 003c 0001 63", connect(V3_1, false, "c"));
        client(V3_1_1, "CONNECT of a bridge", "10 ~ `MQTT` 84 02 003c `c`", connect(V3_1_1, true, "c"));
        client(V3_1, "CONNECT of a bridge", "10 ~ `MQIsdp` 83 02 003c `c`", connect(V3_1, true, "c"));
        client(V5, "CONNECT without client id", "10 ~ `MQTT` 05 02 003c {} ``", connect(V5, false, ""));
        client(V3_1_1, "CONNECT without client id", "10 ~ `MQTT` 04 02 003c ``", connect(V3_1_1, false, ""));
        client(
                V5,
                "CONNECT with a byte order mark that stays [MQTT-1.5.4-3]",
                "10 ~ `MQTT` 05 02 003c {} 0004 efbbbf 63",
                connect(V5, false, "\uFEFFc"));
        client(
                V3_1_1,
                "CONNECT with will, user name and password",
                "10 ~ `MQTT` 04 ec 000a `c` `w/t` 0002 0102 `u` 0002 00ff",
                new Connect(
                        V3_1_1,
                        false,
                        false,
                        10,
                        NONE,
                        "c",
                        new Connect.Will("w/t", new byte[] {1, 2}, QoS.AT_LEAST_ONCE, true, NONE),
                        "u",
                        new byte[] {0, -1}));
        client(
                V5,
                "CONNECT with a password and no user name",
                "10 ~ `MQTT` 05 40 0000 {} `c` 0001 70",
                new Connect(V5, false, false, 0, NONE, "c", null, null, utf8("p")));
        client(V5, "CONNECT with every property", everyProperty(), connectWithEveryProperty());
        Connect plain = new Connect(V3_1, false, true, 60, NONE, "c", null, null, null);
        tolerated(V3_1, "CONNECT that ends before its user name", "10 ~ `MQIsdp` 03 c2 003c `c`", plain);
        tolerated(
                V3_1,
                "CONNECT that ends before its password",
                "10 ~ `MQIsdp` 03 c2 003c `c` `u`",
                new Connect(V3_1, false, true, 60, NONE, "c", null, "u", null));
        tolerated(V3_1, "CONNECT with flags that are disregarded", "1f ~ `MQIsdp` 03 3b 003c `c`", plain);
        tolerated(
                V3_1_1,
                "CONNECT with a longer Remaining Length than needed",
                "10 8d00 `MQTT` 04 02 003c `c`",
                connect(V3_1_1, false, "c"));
    }

    private static String everyProperty() {
        return "10 ~ `MQTT` 05 d6 ffff"
                + " { 11 ffffffff 21 0001 27 00000001 22 ffff 19 01 17 00 26 `a` `b` 26 `a` `b` 15 `SCRAM` 16 0001 00 }"
                + " `c`"
                + " { 18 00000005 01 01 02 0000003c 03 `text` 08 `re/ply` 09 0002 0203 26 `` `` }"
                + " `w` 0000 `user` 0000";
    }

    private static Connect connectWithEveryProperty() {
        Properties properties = Properties.builder()
                .add(Property.SESSION_EXPIRY_INTERVAL, 0xFFFF_FFFFL)
                .add(Property.RECEIVE_MAXIMUM, 1)
                .add(Property.MAXIMUM_PACKET_SIZE, 1)
                .add(Property.TOPIC_ALIAS_MAXIMUM, 65_535)
                .add(Property.REQUEST_RESPONSE_INFORMATION, 1)
                .add(Property.REQUEST_PROBLEM_INFORMATION, 0)
                .addUserProperty("a", "b")
                .addUserProperty("a", "b")
                .add(Property.AUTHENTICATION_METHOD, "SCRAM")
                .add(Property.AUTHENTICATION_DATA, new byte[1])
                .build();
        Properties willProperties = Properties.builder()
                .add(Property.WILL_DELAY_INTERVAL, 5)
                .add(Property.PAYLOAD_FORMAT_INDICATOR, 1)
                .add(Property.MESSAGE_EXPIRY_INTERVAL, 60)
                .add(Property.CONTENT_TYPE, "text")
                .add(Property.RESPONSE_TOPIC, "re/ply")
                .add(Property.CORRELATION_DATA, new byte[] {2, 3})
                .addUserProperty("", "")
                .build();
        Connect.Will will = new Connect.Will("w", new byte[0], QoS.EXACTLY_ONCE, false, willProperties);
        return new Connect(V5, false, true, 65_535, properties, "c", will, "user", new byte[0]);
    }

    private void connectViolations() {
        ReasonCode unsupported = ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
        refused(V5, unsupported, "MQTT-3.1.2-1", "another protocol", "10 ~ `mqtt` 05 02 003c {} `c`");
        refused(V5, unsupported, "MQTT-3.1.2-1", "a longer protocol name", "10 ~ `MQTTT` 05 02 003c {} `c`");
        refused(V5, unsupported, "MQTT-3.1.2-1", "no protocol name", "10 ~ `` 05 02 003c {} `c`");
        refused(V5, unsupported, "MQTT-3.1.2-2", "level 6", "10 ~ `MQTT` 06 02 003c {} `c`");
        refused(V5, unsupported, "MQTT-3.1.2-2", "bridge bit in level 5", "10 ~ `MQTT` 85 02 003c {} `c`");
        refused(V3_1, unsupported, "MQTT-3.1.2-2", "level 3 with the new name", "10 ~ `MQTT` 03 02 003c `c`");
        refused(V3_1_1, unsupported, "MQTT-3.1.2-2", "level 4 with the old name", "10 ~ `MQIsdp` 04 02 003c `c`");
        for (ProtocolVersion version : List.of(V3_1_1, V5)) {
            String begin = version == V5 ? "10 ~ `MQTT` 05 " : "10 ~ `MQTT` 04 ";
            String rest = version == V5 ? " 003c {} `c`" : " 003c `c`";
            malformed(version, "MQTT-3.1.2-3", "reserved connect flag", begin + "03" + rest);
            malformed(version, "MQTT-3.1.2-11", "Will QoS without will", begin + "0a" + rest);
            malformed(version, "MQTT-3.1.2-13", "Will Retain without will", begin + "22" + rest);
            malformed(version, "2.1.4", "no user name despite its flag", begin + "82" + rest);
            malformed(version, "2.1.4", "surplus after the client id", begin + "02" + rest + " 00");
            malformed(version, "2.1.4", "client id beyond the packet", begin + "02" + rest.replace("`c`", "0002 63"));
        }
        malformed(V3_1_1, "2.1.4", "nothing after the protocol name", "10 ~ `MQTT`");
        malformed(V5, "2.1.4", "nothing at all", "10 00");
        malformed(V3_1_1, "MQTT-3.1.2-22", "password without user name", "10 ~ `MQTT` 04 42 003c `c` 0000");
        malformed(V3_1, "MQTT-3.1.2-22", "password without user name", "10 ~ `MQIsdp` 03 42 003c `c` 0000");
        malformed(V5, "MQTT-1.5.5-1", "Remaining Length too long", "10 8e00 `MQTT` 05 02 003c {} `c`");
        malformed(V5, "MQTT-1.5.5-1", "Property Length too long", "10 ~ `MQTT` 05 02 003c 8000 `c`");
        malformed(V5, "2.1.4", "properties beyond the packet", "10 ~ `MQTT` 05 02 003c 0500 00");
        protocolError(V5, "3.1.2.11", "Receive Maximum 0", "10 ~ `MQTT` 05 02 003c {21 0000} `c`");
        protocolError(V5, "3.1.2.11", "Maximum Packet Size 0", "10 ~ `MQTT` 05 02 003c {27 00000000} `c`");
        protocolError(V5, "3.1.2.11", "Request Problem Information 2", "10 ~ `MQTT` 05 02 003c {17 02} `c`");
        protocolError(V5, "3.1.2.11", "Request Response Information 2", "10 ~ `MQTT` 05 02 003c {19 02} `c`");
        protocolError(V5, "3.1.2.11", "data without method", "10 ~ `MQTT` 05 02 003c {16 0000} `c`");
    }

    private void willViolations() {
        for (ProtocolVersion version : ALL) {
            String begin =
                    version == V3_1 ? "10 ~ `MQIsdp` 03 " : version == V5 ? "10 ~ `MQTT` 05 " : "10 ~ `MQTT` 04 ";
            String id = version == V5 ? " 003c {} `c` {} " : " 003c `c` ";
            malformed(version, "MQTT-3.1.2-12", "Will QoS 3", begin + "1e" + id + "`w` 0000");
            malformed(version, "4.7.1", "wildcard in Will Topic", begin + "06" + id + "`w/#` 0000");
            malformed(version, "4.7.1", "wildcard in Will Topic", begin + "06" + id + "`+` 0000");
            malformed(version, "MQTT-4.7.3-1", "empty Will Topic", begin + "06" + id + "`` 0000");
            malformed(version, "2.1.4", "no Will Payload", begin + "06" + id + "`w`");
        }
        String begin = "10 ~ `MQTT` 05 06 003c {} `c` ";
        malformed(V5, "MQTT-3.3.2-14", "wildcard in Response Topic", begin + "{08 `a/+`} `w` 0000");
        protocolError(V5, "3.1.3.2", "Payload Format Indicator 2", begin + "{01 02} `w` 0000");
        protocolError(V5, "3.1.3.2", "Will Delay twice", begin + "{18 00000001 18 00000001} `w` 0000");
        malformed(V5, "2.2.2.2", "Session Expiry in the will", begin + "{11 00000001} `w` 0000");
    }

    private static Publish publish(QoS qos, String topic, int packetId, Properties properties, String payload) {
        return new Publish(false, qos, false, topic, packetId, properties, utf8(payload));
    }

    private void publishes() {
        for (ProtocolVersion version : BEFORE_V5) {
            client(version, "PUBLISH", "30 07 0003 612f62 6869", publish(QoS.AT_MOST_ONCE, "a/b", 0, NONE, "hi"));
            client(version, "PUBLISH at QoS 1", "32 ~ `a` 000a 'hi'", publish(QoS.AT_LEAST_ONCE, "a", 10, NONE, "hi"));
            client(
                    version,
                    "PUBLISH at QoS 2 with DUP and RETAIN",
                    "3d ~ `a` ffff",
                    new Publish(true, QoS.EXACTLY_ONCE, true, "a", 65_535, NONE, new byte[0]));
        }
        client(V5, "PUBLISH", "30 08 0003 612f62 00 6869", publish(QoS.AT_MOST_ONCE, "a/b", 0, NONE, "hi"));
        client(V5, "PUBLISH at QoS 2", "34 ~ `$x` 0001 {} 'hi'", publish(QoS.EXACTLY_ONCE, "$x", 1, NONE, "hi"));
        Properties alias = Properties.builder().add(Property.TOPIC_ALIAS, 7).build();
        client(V5, "PUBLISH with an alias only", "30 ~ `` {23 0007} 'x'", publish(QoS.AT_MOST_ONCE, "", 0, alias, "x"));
        Properties every = Properties.builder()
                .add(Property.PAYLOAD_FORMAT_INDICATOR, 1)
                .add(Property.MESSAGE_EXPIRY_INTERVAL, 0)
                .add(Property.TOPIC_ALIAS, 65_535)
                .add(Property.RESPONSE_TOPIC, "r")
                .add(Property.CORRELATION_DATA, new byte[] {1})
                .addUserProperty("k", "v")
                .add(Property.CONTENT_TYPE, "")
                .addUserProperty("k", "")
                .build();
        client(
                V5,
                "PUBLISH with every property",
                "32 ~ `t` 0001 {01 01 02 00000000 23 ffff 08 `r` 09 0001 01 26 `k` `v` 03 `` 26 `k` ``} 'x'",
                publish(QoS.AT_LEAST_ONCE, "t", 1, every, "x"));
        longPropertyLists();
    }

    /** Property lists of 128 bytes and more whose last property is short: other decoders lost bytes of them into the payload. */
    private void longPropertyLists() {
        for (int total : new int[] {127, 128, 129, 16_383, 16_384}) {
            // User Property: 1 + 2 + 2 + value bytes; Payload Format Indicator: 2.
            String value = "v".repeat(total - 7);
            Properties properties = Properties.builder()
                    .addUserProperty("", value)
                    .add(Property.PAYLOAD_FORMAT_INDICATOR, 0)
                    .build();
            client(
                    V5,
                    "PUBLISH with " + total + " bytes of properties",
                    "30 ~ `t` {26 `` `" + value + "` 01 00} 'payload'",
                    publish(QoS.AT_MOST_ONCE, "t", 0, properties, "payload"));
        }
    }

    private void publishViolations() {
        for (ProtocolVersion version : ALL) {
            String list = version == V5 ? " {} " : " ";
            malformed(version, "MQTT-3.3.1-4", "QoS 3", "36 ~ `t` 0001" + list);
            malformed(version, "MQTT-3.3.1-2", "DUP at QoS 0", "38 ~ `t`" + list);
            malformed(version, "MQTT-3.3.2-2", "topic with #", "30 ~ `a/#`" + list);
            malformed(version, "MQTT-3.3.2-2", "topic with +", "30 ~ `a+`" + list);
            malformed(version, "MQTT-1.5.4-2", "topic with U+0000", "30 ~ 0002 6100" + list);
            malformed(version, "MQTT-1.5.4-1", "topic with a surrogate", "30 ~ 0003 eda080" + list);
            malformed(version, "2.1.4", "topic beyond the packet", "30 ~ 0005 'abcd'");
            malformed(version, "2.1.4", "half a topic length", "30 ~ 00");
            malformed(version, "2.1.4", "no Packet Identifier at QoS 1", "32 ~ `t`");
            protocolError(version, "MQTT-2.2.1-3", "Packet Identifier 0", "32 ~ `t` 0000" + list);
            malformed(version == V5 ? V3_1_1 : version, "MQTT-4.7.3-1", "empty topic", "30 ~ `` 'payload'");
        }
        protocolError(V5, "3.3.2.1", "empty topic without alias", "30 ~ `` {} 'x'");
        refused(V5, ReasonCode.TOPIC_ALIAS_INVALID, "MQTT-3.3.2-8", "alias 0", "30 ~ `t` {23 0000}");
        protocolError(V5, "MQTT-3.3.4-6", "Subscription Identifier", "30 ~ `t` {0b 01}");
        protocolError(V5, "3.3.2.3", "Payload Format Indicator 2", "30 ~ `t` {01 02}");
        malformed(V5, "MQTT-3.3.2-14", "Response Topic with wildcard", "30 ~ `t` {08 `#`}");
        malformed(V5, "MQTT-4.7.3-1", "empty Response Topic", "30 ~ `t` {08 ``}");
        malformed(V5, "2.2.2.2", "unknown property", "30 ~ `t` {04 00}");
        malformed(V5, "2.2.2.2", "unknown property of two bytes", "30 ~ `t` {8101 00}");
        malformed(V5, "MQTT-1.5.5-1", "property identifier longer than needed", "30 ~ `t` {8100 00}");
        malformed(V5, "2.1.4", "property beyond its list", "30 ~ `t` 02 02 0000 0001");
        malformed(V5, "2.1.4", "string beyond its list", "30 ~ `t` {03 0003 6161} 6161");
        malformed(V5, "2.1.4", "no Property Length", "30 ~ `t`");
        malformed(V5, "1.5.5", "Property Length of five bytes", "30 ~ `t` 8080808001");
        malformed(V5, "MQTT-1.5.4-1", "ill-formed User Property", "30 ~ `t` {26 0001 ff ``}");
    }

    private void acknowledgements() {
        for (ProtocolVersion version : ALL) {
            client(version, "PUBACK", "40 02 0001", new PubAck(1, ReasonCode.SUCCESS, NONE));
            client(version, "PUBREC", "50 02 ffff", new PubRec(65_535, ReasonCode.SUCCESS, NONE));
            client(version, "PUBREL", "62 02 0001", new PubRel(1, ReasonCode.SUCCESS, NONE));
            client(version, "PUBCOMP", "70 02 0001", new PubComp(1, ReasonCode.SUCCESS, NONE));
            client(version, "PINGREQ", "c0 00", new PingReq());
        }
        Properties comment = Properties.builder()
                .add(Property.REASON_STRING, "why")
                .addUserProperty("k", "v")
                .build();
        client(V5, "PUBACK with reason", "40 03 0001 97", new PubAck(1, ReasonCode.QUOTA_EXCEEDED, NONE));
        client(V5, "PUBREC with reason", "50 03 0001 80", new PubRec(1, ReasonCode.UNSPECIFIED_ERROR, NONE));
        client(V5, "PUBREL with reason", "62 03 0001 92", new PubRel(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, NONE));
        client(
                V5,
                "PUBCOMP with reason",
                "70 03 0001 92",
                new PubComp(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, NONE));
        client(
                V5,
                "PUBACK with properties",
                "40 ~ 0001 00 {1f `why` 26 `k` `v`}",
                new PubAck(1, ReasonCode.SUCCESS, comment));
        client(
                V5,
                "PUBREL with properties",
                "62 ~ 0001 92 {1f `why` 26 `k` `v`}",
                new PubRel(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, comment));
        tolerated(V5, "PUBACK in its longest form", "40 04 0001 00 00", new PubAck(1, ReasonCode.SUCCESS, NONE));
        tolerated(V5, "PUBCOMP with success spelled out", "70 03 0001 00", new PubComp(1, ReasonCode.SUCCESS, NONE));
        tolerated(V3_1, "PUBREL sent again", "6a 02 0001", new PubRel(1, ReasonCode.SUCCESS, NONE));
        tolerated(
                V3_1, "PUBACK with flags that are disregarded", "4f 02 0001", new PubAck(1, ReasonCode.SUCCESS, NONE));
    }

    private void acknowledgementViolations() {
        for (String first : List.of("40", "50", "62", "70")) {
            for (ProtocolVersion version : ALL) {
                protocolError(version, "MQTT-2.2.1-3", first + " with Packet Identifier 0", first + " 02 0000");
                malformed(version, "2.1.4", first + " without Packet Identifier", first + " 00");
                malformed(version, "2.1.4", first + " with half a Packet Identifier", first + " 01 01");
            }
            malformed(V3_1_1, "2.1.4", first + " with a reason", first + " 03 0001 00");
            malformed(V5, "2.1.4", first + " with surplus", first + " 05 0001 00 00 00");
            malformed(V5, "2.2.2.2", first + " with a foreign property", first + " ~ 0001 00 {01 00}");
        }
        protocolError(V5, "MQTT-3.4.2-1", "PUBACK: no matching subscribers", "40 03 0001 10");
        protocolError(V5, "MQTT-3.5.2-1", "PUBREC: no matching subscribers", "50 03 0001 10");
        protocolError(V5, "MQTT-3.6.2-1", "PUBREL: quota exceeded", "62 03 0001 97");
        protocolError(V5, "MQTT-3.7.2-1", "PUBCOMP: an unknown reason", "70 03 0001 7f");
        protocolError(V5, "3.4.2.2", "PUBACK: Reason String twice", "40 ~ 0001 00 {1f `a` 1f `a`}");
        for (ProtocolVersion version : ALL) {
            malformed(version, "2.1.4", "PINGREQ with content", "c0 01 00");
        }
    }

    private void subscribes() {
        SubscriptionRequest plain = new SubscriptionRequest("a/+", QoS.AT_LEAST_ONCE, false, false, 0);
        for (ProtocolVersion version : BEFORE_V5) {
            client(version, "SUBSCRIBE", "82 08 0001 0003 612f2b 01", new Subscribe(1, NONE, List.of(plain)));
            client(version, "UNSUBSCRIBE", "a2 07 0001 0003 612f2b", new Unsubscribe(1, NONE, List.of("a/+")));
        }
        client(V5, "SUBSCRIBE", "82 09 0001 00 0003 612f2b 01", new Subscribe(1, NONE, List.of(plain)));
        client(V5, "UNSUBSCRIBE", "a2 08 0001 00 0003 612f2b", new Unsubscribe(1, NONE, List.of("a/+")));
        client(
                V5,
                "SUBSCRIBE with every option",
                "82 ~ ffff {0b ffffff7f 26 `k` `v`} `#` 2e `$share/g/a` 19",
                new Subscribe(
                        65_535,
                        Properties.builder()
                                .add(Property.SUBSCRIPTION_IDENTIFIER, 268_435_455)
                                .addUserProperty("k", "v")
                                .build(),
                        List.of(
                                new SubscriptionRequest("#", QoS.EXACTLY_ONCE, true, true, 2),
                                new SubscriptionRequest("$share/g/a", QoS.AT_LEAST_ONCE, false, true, 1))));
        client(
                V5,
                "UNSUBSCRIBE of two filters",
                "a2 ~ 0002 {26 `k` `v`} `a` `$share/g/b`",
                new Unsubscribe(
                        2, Properties.builder().addUserProperty("k", "v").build(), List.of("a", "$share/g/b")));
        // Ill-formed filters are refused one by one in SUBACK.
        client(
                V5,
                "SUBSCRIBE to an ill-formed filter",
                "82 ~ 0001 {} `a#` 00",
                new Subscribe(1, NONE, List.of(new SubscriptionRequest("a#", QoS.AT_MOST_ONCE, false, false, 0))));
        tolerated(V3_1, "SUBSCRIBE sent again", "8a ~ 0001 `a/+` 01", new Subscribe(1, NONE, List.of(plain)));
        tolerated(V3_1, "UNSUBSCRIBE sent again", "aa ~ 0001 `a`", new Unsubscribe(1, NONE, List.of("a")));
    }

    private void subscribeViolations() {
        for (ProtocolVersion version : ALL) {
            String list = version == V5 ? " {} " : " ";
            protocolError(version, "MQTT-3.8.3-2", "SUBSCRIBE without filters", "82 ~ 0001" + list);
            protocolError(version, "MQTT-3.10.3-2", "UNSUBSCRIBE without filters", "a2 ~ 0001" + list);
            protocolError(version, "MQTT-2.2.1-3", "SUBSCRIBE with identifier 0", "82 ~ 0000" + list + "`a` 00");
            protocolError(version, "MQTT-2.2.1-3", "UNSUBSCRIBE with identifier 0", "a2 ~ 0000" + list + "`a`");
            malformed(version, "2.1.4", "filter without options", "82 ~ 0001" + list + "`a`");
            malformed(version, "2.1.4", "second filter cut off", "82 ~ 0001" + list + "`a` 00 0002 61");
            malformed(version, "2.1.4", "filter cut off", "a2 ~ 0001" + list + "`a` 0001");
            malformed(version, "MQTT-1.5.4-1", "ill-formed filter", "82 ~ 0001" + list + "0002 c080 00");
            malformed(version, "MQTT-1.5.4-2", "U+0000 in a filter", "a2 ~ 0001" + list + "0001 00");
        }
        for (ProtocolVersion version : BEFORE_V5) {
            malformed(version, "MQTT-3.8.3-5", "requested QoS 3", "82 ~ 0001 `a` 03");
            malformed(version, "MQTT-3.8.3-5", "No Local before 5.0", "82 ~ 0001 `a` 04");
        }
        protocolError(V5, "3.8.3.1", "Maximum QoS 3", "82 ~ 0001 {} `a` 03");
        protocolError(V5, "3.8.3.1", "Retain Handling 3", "82 ~ 0001 {} `a` 30");
        malformed(V5, "MQTT-3.8.3-5", "reserved option bit 6", "82 ~ 0001 {} `a` 40");
        malformed(V5, "MQTT-3.8.3-5", "reserved option bit 7", "82 ~ 0001 {} `a` 80");
        protocolError(V5, "MQTT-3.8.3-4", "No Local on a Shared Subscription", "82 ~ 0001 {} `$share/g/a` 05");
        protocolError(V5, "3.8.2.1", "Subscription Identifier 0", "82 ~ 0001 {0b 00} `a` 00");
        protocolError(V5, "3.8.2.1", "two Subscription Identifiers", "82 ~ 0001 {0b 01 0b 02} `a` 00");
        malformed(V5, "1.5.5", "Subscription Identifier of five bytes", "82 ~ 0001 {0b ffffffff01} `a` 00");
        malformed(V5, "2.2.2.2", "Subscription Identifier in UNSUBSCRIBE", "a2 ~ 0001 {0b 01} `a`");
    }

    private void disconnectsAndAuths() {
        for (ProtocolVersion version : ALL) {
            client(version, "DISCONNECT", "e0 00", new Disconnect(ReasonCode.SUCCESS, NONE));
        }
        client(V5, "DISCONNECT with will", "e0 01 04", new Disconnect(ReasonCode.DISCONNECT_WITH_WILL, NONE));
        client(
                V5,
                "DISCONNECT with properties",
                "e0 ~ 00 {11 00000000 1f `bye` 26 `k` `v`}",
                new Disconnect(
                        ReasonCode.SUCCESS,
                        Properties.builder()
                                .add(Property.SESSION_EXPIRY_INTERVAL, 0)
                                .add(Property.REASON_STRING, "bye")
                                .addUserProperty("k", "v")
                                .build()));
        tolerated(V5, "DISCONNECT in its longest form", "e0 02 00 00", new Disconnect(ReasonCode.SUCCESS, NONE));
        Properties method = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, "m")
                .add(Property.AUTHENTICATION_DATA, new byte[] {1})
                .build();
        client(
                V5,
                "AUTH that goes on",
                "f0 ~ 18 {15 `m` 16 0001 01}",
                new Auth(ReasonCode.CONTINUE_AUTHENTICATION, method));
        client(V5, "AUTH that begins anew", "f0 ~ 19 {15 `m` 16 0001 01}", new Auth(ReasonCode.REAUTHENTICATE, method));
    }

    private void disconnectAndAuthViolations() {
        malformed(V3_1, "2.1.4", "DISCONNECT with a reason", "e0 01 00");
        malformed(V3_1_1, "2.1.4", "DISCONNECT with a reason", "e0 01 00");
        malformed(V5, "2.1.4", "DISCONNECT with surplus", "e0 03 00 00 00");
        protocolError(V5, "MQTT-3.14.2-1", "DISCONNECT: session taken over", "e0 01 8e");
        protocolError(V5, "MQTT-3.14.2-1", "DISCONNECT: an unknown reason", "e0 01 05");
        protocolError(V5, "3.14.2.2.5", "DISCONNECT with Server Reference", "e0 ~ 00 {1c `x`}");
        malformed(V5, "2.2.2.2", "DISCONNECT with Receive Maximum", "e0 ~ 00 {21 0001}");
        malformed(V3_1_1, "2.1.2", "AUTH before 5.0", "f0 00");
        malformed(V3_1, "2.1.2", "AUTH before 5.0", "f0 00");
        protocolError(V5, "MQTT-3.15.2-1", "AUTH: success in its short form", "f0 00");
        protocolError(V5, "MQTT-3.15.2-1", "AUTH: success", "f0 ~ 00 {15 `m`}");
        malformed(V5, "2.1.4", "AUTH without Property Length", "f0 01 18");
        protocolError(V5, "3.15.2.2.2", "AUTH without method", "f0 ~ 18 {}");
        protocolError(V5, "3.15.2.2", "AUTH: data without method", "f0 ~ 18 {16 0000}");
        protocolError(V5, "3.15.2.2", "AUTH: method twice", "f0 ~ 18 {15 `m` 15 `m`}");
    }

    private void framing() {
        for (ProtocolVersion version : ALL) {
            malformed(version, "2.1.4", "Remaining Length of five bytes", "30 8080808000");
            malformed(version, "2.1.2", "packet type 0", "00 00");
            refused(version, ReasonCode.PACKET_TOO_LARGE, "MQTT-3.2.2-15", "too large", "30 ffffff7f");
            for (String first : List.of("20", "90", "b0", "d0")) {
                protocolError(version, "2.1.2", "what only servers send", first + " 00");
            }
        }
        malformed(V5, "MQTT-1.5.5-1", "Remaining Length longer than needed", "c0 8000");
        tolerated(V3_1_1, "Remaining Length longer than needed", "c0 808000", new PingReq());
    }

    private void headerFlags() {
        for (int flags = 0; flags < 16; flags++) {
            for (ProtocolVersion version : List.of(V3_1_1, V5)) {
                String digit = Integer.toHexString(flags);
                String list = version == V5 ? " {} " : " ";
                if (flags != 0) {
                    String connect = version == V5 ? " ~ `MQTT` 05 02 0000 {} `c`" : " ~ `MQTT` 04 02 0000 `c`";
                    malformed(version, "MQTT-2.1.3-1", "flags of CONNECT", "1" + digit + connect);
                    malformed(version, "MQTT-2.1.3-1", "flags of PUBACK", "4" + digit + " 02 0001");
                    malformed(version, "MQTT-2.1.3-1", "flags of PUBREC", "5" + digit + " 02 0001");
                    malformed(version, "MQTT-2.1.3-1", "flags of PUBCOMP", "7" + digit + " 02 0001");
                    malformed(version, "MQTT-2.1.3-1", "flags of PINGREQ", "c" + digit + " 00");
                    malformed(version, "MQTT-3.14.1-1", "flags of DISCONNECT", "e" + digit + " 00");
                }
                if (flags != 2) {
                    malformed(version, "MQTT-3.6.1-1", "flags of PUBREL", "6" + digit + " 02 0001");
                    malformed(version, "MQTT-3.8.1-1", "flags of SUBSCRIBE", "8" + digit + " ~ 0001" + list + "`a` 00");
                    malformed(version, "MQTT-3.10.1-1", "flags of UNSUBSCRIBE", "a" + digit + " ~ 0001" + list + "`a`");
                }
            }
            if (flags != 0) {
                malformed(V5, "MQTT-3.15.1-1", "flags of AUTH", "f" + Integer.toHexString(flags) + " ~ 18 {15 `m`}");
            }
        }
        malformed(V3_1, "MQTT-3.6.1-1", "PUBREL at QoS 0", "60 02 0001");
        malformed(V3_1, "MQTT-3.8.1-1", "SUBSCRIBE at QoS 2", "84 ~ 0001 `a` 00");
        malformed(V3_1, "MQTT-3.10.1-1", "UNSUBSCRIBE at QoS 0", "a0 ~ 0001 `a`");
    }

    private void strings() {
        for (String begin : List.of("10 ~ `MQTT` 05 02 003c {} ", "10 ~ `MQTT` 05 82 003c {} `c` ")) {
            malformed(V5, "MQTT-1.5.4-1", "overlong form", begin + "0002 c080");
            malformed(V5, "MQTT-1.5.4-1", "surrogate", begin + "0003 eda080");
            malformed(V5, "MQTT-1.5.4-2", "U+0000", begin + "0001 00");
        }
        malformed(V5, "MQTT-1.5.4-1", "ill-formed Will Topic", "10 ~ `MQTT` 05 06 003c {} `c` {} 0001 80 0000");
    }

    private void connAcks() {
        for (ProtocolVersion version : BEFORE_V5) {
            server(version, "CONNACK", "20 02 00 00", new ConnAck(false, ReasonCode.SUCCESS, NONE));
            server(
                    version,
                    "CONNACK",
                    "20 02 00 01",
                    new ConnAck(false, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, NONE));
            server(version, "CONNACK", "20 02 00 02", new ConnAck(false, ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, NONE));
            server(version, "CONNACK", "20 02 00 03", new ConnAck(false, ReasonCode.SERVER_UNAVAILABLE, NONE));
            server(version, "CONNACK", "20 02 00 04", new ConnAck(false, ReasonCode.BAD_USER_NAME_OR_PASSWORD, NONE));
            server(version, "CONNACK", "20 02 00 05", new ConnAck(false, ReasonCode.NOT_AUTHORIZED, NONE));
        }
        server(V3_1_1, "CONNACK with session", "20 02 01 00", new ConnAck(true, ReasonCode.SUCCESS, NONE));
        server(V5, "CONNACK with session", "20 03 01 00 00", new ConnAck(true, ReasonCode.SUCCESS, NONE));
        server(V5, "CONNACK: banned", "20 03 00 8a 00", new ConnAck(false, ReasonCode.BANNED, NONE));
        Properties every = Properties.builder()
                .add(Property.SESSION_EXPIRY_INTERVAL, 1)
                .add(Property.RECEIVE_MAXIMUM, 2)
                .add(Property.MAXIMUM_QOS, 1)
                .add(Property.RETAIN_AVAILABLE, 0)
                .add(Property.MAXIMUM_PACKET_SIZE, 3)
                .add(Property.ASSIGNED_CLIENT_IDENTIFIER, "id")
                .add(Property.TOPIC_ALIAS_MAXIMUM, 0)
                .add(Property.REASON_STRING, "r")
                .addUserProperty("k", "v")
                .add(Property.WILDCARD_SUBSCRIPTION_AVAILABLE, 1)
                .add(Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE, 1)
                .add(Property.SHARED_SUBSCRIPTION_AVAILABLE, 1)
                .add(Property.SERVER_KEEP_ALIVE, 10)
                .add(Property.RESPONSE_INFORMATION, "i")
                .add(Property.SERVER_REFERENCE, "s")
                .add(Property.AUTHENTICATION_METHOD, "m")
                .add(Property.AUTHENTICATION_DATA, new byte[] {9})
                .build();
        server(
                V5,
                "CONNACK with every property",
                "20 ~ 00 00 {11 00000001 21 0002 24 01 25 00 27 00000003 12 `id` 22 0000 1f `r` 26 `k` `v`"
                        + " 28 01 29 01 2a 01 13 000a 1a `i` 1c `s` 15 `m` 16 0001 09}",
                new ConnAck(false, ReasonCode.SUCCESS, every));
    }

    private void serverAcknowledgements() {
        for (ProtocolVersion version : ALL) {
            server(version, "PINGRESP", "d0 00", new PingResp());
            server(version, "PUBREL", "62 02 0001", new PubRel(1, ReasonCode.SUCCESS, NONE));
        }
        for (ProtocolVersion version : BEFORE_V5) {
            server(
                    version,
                    "SUBACK",
                    "90 06 0001 00 01 02 80",
                    new SubAck(
                            1,
                            NONE,
                            List.of(
                                    ReasonCode.SUCCESS,
                                    ReasonCode.GRANTED_QOS_1,
                                    ReasonCode.GRANTED_QOS_2,
                                    ReasonCode.UNSPECIFIED_ERROR)));
            server(version, "UNSUBACK", "b0 02 0001", new UnsubAck(1, NONE, List.of()));
        }
        server(
                V5,
                "SUBACK",
                "90 06 0001 00 02 87 97",
                new SubAck(
                        1,
                        NONE,
                        List.of(ReasonCode.GRANTED_QOS_2, ReasonCode.NOT_AUTHORIZED, ReasonCode.QUOTA_EXCEEDED)));
        server(
                V5,
                "UNSUBACK",
                "b0 05 0001 00 00 11",
                new UnsubAck(1, NONE, List.of(ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED)));
        server(V5, "PUBACK", "40 03 0001 10", new PubAck(1, ReasonCode.NO_MATCHING_SUBSCRIBERS, NONE));
        server(V5, "PUBREC", "50 03 0001 10", new PubRec(1, ReasonCode.NO_MATCHING_SUBSCRIBERS, NONE));
        server(V5, "DISCONNECT", "e0 01 8e", new Disconnect(ReasonCode.SESSION_TAKEN_OVER, NONE));
        Properties reference =
                Properties.builder().add(Property.SERVER_REFERENCE, "other").build();
        server(V5, "DISCONNECT", "e0 ~ 9c {1c `other`}", new Disconnect(ReasonCode.USE_ANOTHER_SERVER, reference));
        Properties method = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, "m")
                .add(Property.AUTHENTICATION_DATA, new byte[0])
                .build();
        server(V5, "AUTH", "f0 00", new Auth(ReasonCode.SUCCESS, NONE));
        server(V5, "AUTH", "f0 ~ 18 {15 `m` 16 0000}", new Auth(ReasonCode.CONTINUE_AUTHENTICATION, method));
        Properties ids = Properties.builder()
                .add(Property.SUBSCRIPTION_IDENTIFIER, 1)
                .add(Property.SUBSCRIPTION_IDENTIFIER, 128)
                .build();
        server(V5, "PUBLISH", "30 ~ `t` {0b 01 0b 8001} 'x'", publish(QoS.AT_MOST_ONCE, "t", 0, ids, "x"));
    }

    private void serverViolations() {
        ReasonCode malformed = ReasonCode.MALFORMED_PACKET;
        ReasonCode error = ReasonCode.PROTOCOL_ERROR;
        for (ProtocolVersion version : ALL) {
            for (String first : List.of("10", "82", "a2", "c0")) {
                serverRefused(version, error, "2.1.2", "what only clients send", first + " 00");
            }
            String list = version == V5 ? " {}" : "";
            serverRefused(version, error, version == V5 ? "3.9.2.1" : "3.9.2.1", "SUBACK", "90 ~ 0001" + list);
            serverRefused(version, ReasonCode.PACKET_TOO_LARGE, "MQTT-3.1.2-24", "too large", "30 ffffff7f");
        }
        serverRefused(V3_1_1, malformed, "MQTT-3.2.2-1", "CONNACK: reserved flags", "20 02 02 00");
        serverRefused(V3_1_1, error, "MQTT-3.2.2-6", "CONNACK: session with an error", "20 02 01 05");
        serverRefused(V3_1_1, error, "MQTT-3.2.2-8", "CONNACK: return code 6", "20 02 00 06");
        serverRefused(V3_1_1, error, "MQTT-3.9.3-2", "SUBACK: 0x87 before 5.0", "90 03 0001 87");
        serverRefused(V3_1_1, error, "2.1.2", "DISCONNECT before 5.0", "e0 00");
        serverRefused(V3_1_1, malformed, "2.1.4", "UNSUBACK with reasons before 5.0", "b0 03 0001 00");
        serverRefused(V5, error, "MQTT-3.2.2-8", "CONNACK: 0x04", "20 03 00 04 00");
        serverRefused(V5, error, "MQTT-3.9.3-2", "SUBACK: 0x11", "90 04 0001 00 11");
        serverRefused(V5, error, "MQTT-3.11.3-2", "UNSUBACK: 0x01", "b0 04 0001 00 01");
        serverRefused(V5, error, "3.11.2.1", "UNSUBACK: no reasons", "b0 03 0001 00");
        serverRefused(V5, error, "MQTT-3.14.2-1", "DISCONNECT: with will", "e0 01 04");
        serverRefused(V5, error, "MQTT-3.14.2-2", "DISCONNECT: session expiry", "e0 ~ 00 {11 00000001}");
        serverRefused(V5, error, "MQTT-3.15.2-1", "AUTH: re-authenticate", "f0 ~ 19 {15 `m`}");
        serverRefused(V5, error, "3.3.2.3", "PUBLISH: Subscription Identifier 0", "30 ~ `t` {0b 00}");
    }
}
