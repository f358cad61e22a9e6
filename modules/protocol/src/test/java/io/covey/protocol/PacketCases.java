package io.covey.protocol;

import static io.covey.protocol.ProtocolVersion.V3_1;
import static io.covey.protocol.ProtocolVersion.V3_1_1;
import static io.covey.protocol.ProtocolVersion.V5;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Valid packets of every type by hand. */
final class PacketCases {
    private static final Properties NONE = Properties.EMPTY;
    private static final List<ProtocolVersion> ALL = List.of(V3_1, V3_1_1, V5);
    private static final List<ProtocolVersion> BEFORE_V5 = List.of(V3_1, V3_1_1);

    private final CaseTable table = new CaseTable();

    private PacketCases() {}

    /** Every case. */
    static List<PacketCase> all() {
        PacketCases all = new PacketCases();
        all.connects();
        all.publishes();
        all.acknowledgements();
        all.subscribes();
        all.disconnectsAndAuths();
        all.connAcks();
        all.serverAcknowledgements();
        return all.table.cases();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Connect connect(ProtocolVersion version, boolean bridge, String clientId) {
        return new Connect(version, bridge, true, 60, NONE, clientId, null, null, null);
    }

    private void connects() {
        table.client(V5, "CONNECT", "10 0e 0004 4d515454 05 02 003c 00 0001 63", connect(V5, false, "c"));
        table.client(V3_1_1, "CONNECT", "10 0d 0004 4d515454 04 02 003c 0001 63", connect(V3_1_1, false, "c"));
        table.client(V3_1, "CONNECT", "10 0f 0006 4d5149736470 03 02 003c 0001 63", connect(V3_1, false, "c"));
        table.client(V3_1_1, "CONNECT of a bridge", "10 ~ `MQTT` 84 02 003c `c`", connect(V3_1_1, true, "c"));
        table.client(V3_1, "CONNECT of a bridge", "10 ~ `MQIsdp` 83 02 003c `c`", connect(V3_1, true, "c"));
        table.client(V5, "CONNECT without client id", "10 ~ `MQTT` 05 02 003c {} ``", connect(V5, false, ""));
        table.client(V3_1_1, "CONNECT without client id", "10 ~ `MQTT` 04 02 003c ``", connect(V3_1_1, false, ""));
        table.client(
                V5,
                "CONNECT with a byte order mark that stays [MQTT-1.5.4-3]",
                "10 ~ `MQTT` 05 02 003c {} 0004 efbbbf 63",
                connect(V5, false, "\uFEFFc"));
        table.client(
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
        table.client(
                V5,
                "CONNECT with a password and no user name",
                "10 ~ `MQTT` 05 40 0000 {} `c` 0001 70",
                new Connect(V5, false, false, 0, NONE, "c", null, null, utf8("p")));
        table.client(V5, "CONNECT with every property", everyProperty(), connectWithEveryProperty());
        Connect plain = new Connect(V3_1, false, true, 60, NONE, "c", null, null, null);
        table.tolerated(V3_1, "CONNECT that ends before its user name", "10 ~ `MQIsdp` 03 c2 003c `c`", plain);
        table.tolerated(
                V3_1,
                "CONNECT that ends before its password",
                "10 ~ `MQIsdp` 03 c2 003c `c` `u`",
                new Connect(V3_1, false, true, 60, NONE, "c", null, "u", null));
        table.tolerated(V3_1, "CONNECT with flags that are disregarded", "1f ~ `MQIsdp` 03 3b 003c `c`", plain);
        table.tolerated(
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

    private static Publish publish(QoS qos, String topic, int packetId, Properties properties, String payload) {
        return new Publish(false, qos, false, topic, packetId, properties, utf8(payload));
    }

    private void publishes() {
        for (ProtocolVersion version : BEFORE_V5) {
            table.client(version, "PUBLISH", "30 07 0003 612f62 6869", publish(QoS.AT_MOST_ONCE, "a/b", 0, NONE, "hi"));
            table.client(
                    version, "PUBLISH at QoS 1", "32 ~ `a` 000a 'hi'", publish(QoS.AT_LEAST_ONCE, "a", 10, NONE, "hi"));
            table.client(
                    version,
                    "PUBLISH at QoS 2 with DUP and RETAIN",
                    "3d ~ `a` ffff",
                    new Publish(true, QoS.EXACTLY_ONCE, true, "a", 65_535, NONE, new byte[0]));
        }
        table.client(V5, "PUBLISH", "30 08 0003 612f62 00 6869", publish(QoS.AT_MOST_ONCE, "a/b", 0, NONE, "hi"));
        table.client(V5, "PUBLISH at QoS 2", "34 ~ `$x` 0001 {} 'hi'", publish(QoS.EXACTLY_ONCE, "$x", 1, NONE, "hi"));
        Properties alias = Properties.builder().add(Property.TOPIC_ALIAS, 7).build();
        table.client(
                V5,
                "PUBLISH with an alias only",
                "30 ~ `` {23 0007} 'x'",
                publish(QoS.AT_MOST_ONCE, "", 0, alias, "x"));
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
        table.client(
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
            table.client(
                    V5,
                    "PUBLISH with " + total + " bytes of properties",
                    "30 ~ `t` {26 `` `" + value + "` 01 00} 'payload'",
                    publish(QoS.AT_MOST_ONCE, "t", 0, properties, "payload"));
        }
    }

    private void acknowledgements() {
        for (ProtocolVersion version : ALL) {
            table.client(version, "PUBACK", "40 02 0001", new PubAck(1, ReasonCode.SUCCESS, NONE));
            table.client(version, "PUBREC", "50 02 ffff", new PubRec(65_535, ReasonCode.SUCCESS, NONE));
            table.client(version, "PUBREL", "62 02 0001", new PubRel(1, ReasonCode.SUCCESS, NONE));
            table.client(version, "PUBCOMP", "70 02 0001", new PubComp(1, ReasonCode.SUCCESS, NONE));
            table.client(version, "PINGREQ", "c0 00", new PingReq());
        }
        Properties comment = Properties.builder()
                .add(Property.REASON_STRING, "why")
                .addUserProperty("k", "v")
                .build();
        table.client(V5, "PUBACK with reason", "40 03 0001 97", new PubAck(1, ReasonCode.QUOTA_EXCEEDED, NONE));
        table.client(V5, "PUBREC with reason", "50 03 0001 80", new PubRec(1, ReasonCode.UNSPECIFIED_ERROR, NONE));
        table.client(
                V5, "PUBREL with reason", "62 03 0001 92", new PubRel(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, NONE));
        table.client(
                V5,
                "PUBCOMP with reason",
                "70 03 0001 92",
                new PubComp(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, NONE));
        table.client(
                V5,
                "PUBACK with properties",
                "40 ~ 0001 00 {1f `why` 26 `k` `v`}",
                new PubAck(1, ReasonCode.SUCCESS, comment));
        table.client(
                V5,
                "PUBREL with properties",
                "62 ~ 0001 92 {1f `why` 26 `k` `v`}",
                new PubRel(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, comment));
        table.tolerated(V5, "PUBACK in its longest form", "40 04 0001 00 00", new PubAck(1, ReasonCode.SUCCESS, NONE));
        table.tolerated(
                V5, "PUBCOMP with success spelled out", "70 03 0001 00", new PubComp(1, ReasonCode.SUCCESS, NONE));
        table.tolerated(V3_1_1, "Remaining Length longer than needed", "c0 808000", new PingReq());
        table.tolerated(V3_1, "PUBREL sent again", "6a 02 0001", new PubRel(1, ReasonCode.SUCCESS, NONE));
        table.tolerated(
                V3_1, "PUBACK with flags that are disregarded", "4f 02 0001", new PubAck(1, ReasonCode.SUCCESS, NONE));
    }

    private void subscribes() {
        SubscriptionRequest plain = new SubscriptionRequest("a/+", QoS.AT_LEAST_ONCE, false, false, 0);
        for (ProtocolVersion version : BEFORE_V5) {
            table.client(version, "SUBSCRIBE", "82 08 0001 0003 612f2b 01", new Subscribe(1, NONE, List.of(plain)));
            table.client(version, "UNSUBSCRIBE", "a2 07 0001 0003 612f2b", new Unsubscribe(1, NONE, List.of("a/+")));
        }
        table.client(V5, "SUBSCRIBE", "82 09 0001 00 0003 612f2b 01", new Subscribe(1, NONE, List.of(plain)));
        table.client(V5, "UNSUBSCRIBE", "a2 08 0001 00 0003 612f2b", new Unsubscribe(1, NONE, List.of("a/+")));
        table.client(
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
        table.client(
                V5,
                "UNSUBSCRIBE of two filters",
                "a2 ~ 0002 {26 `k` `v`} `a` `$share/g/b`",
                new Unsubscribe(
                        2, Properties.builder().addUserProperty("k", "v").build(), List.of("a", "$share/g/b")));
        // Ill-formed filters are refused one by one in SUBACK.
        table.client(
                V5,
                "SUBSCRIBE to an ill-formed filter",
                "82 ~ 0001 {} `a#` 00",
                new Subscribe(1, NONE, List.of(new SubscriptionRequest("a#", QoS.AT_MOST_ONCE, false, false, 0))));
        table.tolerated(V3_1, "SUBSCRIBE sent again", "8a ~ 0001 `a/+` 01", new Subscribe(1, NONE, List.of(plain)));
        table.tolerated(V3_1, "UNSUBSCRIBE sent again", "aa ~ 0001 `a`", new Unsubscribe(1, NONE, List.of("a")));
    }

    private void disconnectsAndAuths() {
        for (ProtocolVersion version : ALL) {
            table.client(version, "DISCONNECT", "e0 00", new Disconnect(ReasonCode.SUCCESS, NONE));
        }
        table.client(V5, "DISCONNECT with will", "e0 01 04", new Disconnect(ReasonCode.DISCONNECT_WITH_WILL, NONE));
        table.client(
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
        table.tolerated(V5, "DISCONNECT in its longest form", "e0 02 00 00", new Disconnect(ReasonCode.SUCCESS, NONE));
        Properties method = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, "m")
                .add(Property.AUTHENTICATION_DATA, new byte[] {1})
                .build();
        table.client(
                V5,
                "AUTH that goes on",
                "f0 ~ 18 {15 `m` 16 0001 01}",
                new Auth(ReasonCode.CONTINUE_AUTHENTICATION, method));
        table.client(
                V5,
                "AUTH that begins anew",
                "f0 ~ 19 {15 `m` 16 0001 01}",
                new Auth(ReasonCode.REAUTHENTICATE, method));
    }

    private void connAcks() {
        for (ProtocolVersion version : BEFORE_V5) {
            table.server(version, "CONNACK", "20 02 00 00", new ConnAck(false, ReasonCode.SUCCESS, NONE));
            table.server(
                    version,
                    "CONNACK",
                    "20 02 00 01",
                    new ConnAck(false, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, NONE));
            table.server(
                    version,
                    "CONNACK",
                    "20 02 00 02",
                    new ConnAck(false, ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, NONE));
            table.server(version, "CONNACK", "20 02 00 03", new ConnAck(false, ReasonCode.SERVER_UNAVAILABLE, NONE));
            table.server(
                    version, "CONNACK", "20 02 00 04", new ConnAck(false, ReasonCode.BAD_USER_NAME_OR_PASSWORD, NONE));
            table.server(version, "CONNACK", "20 02 00 05", new ConnAck(false, ReasonCode.NOT_AUTHORIZED, NONE));
        }
        table.server(V3_1_1, "CONNACK with session", "20 02 01 00", new ConnAck(true, ReasonCode.SUCCESS, NONE));
        table.server(V5, "CONNACK with session", "20 03 01 00 00", new ConnAck(true, ReasonCode.SUCCESS, NONE));
        table.server(V5, "CONNACK: banned", "20 03 00 8a 00", new ConnAck(false, ReasonCode.BANNED, NONE));
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
        table.server(
                V5,
                "CONNACK with every property",
                "20 ~ 00 00 {11 00000001 21 0002 24 01 25 00 27 00000003 12 `id` 22 0000 1f `r` 26 `k` `v`"
                        + " 28 01 29 01 2a 01 13 000a 1a `i` 1c `s` 15 `m` 16 0001 09}",
                new ConnAck(false, ReasonCode.SUCCESS, every));
    }

    private void serverAcknowledgements() {
        for (ProtocolVersion version : ALL) {
            table.server(version, "PINGRESP", "d0 00", new PingResp());
            table.server(version, "PUBREL", "62 02 0001", new PubRel(1, ReasonCode.SUCCESS, NONE));
        }
        for (ProtocolVersion version : BEFORE_V5) {
            table.server(
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
            table.server(version, "UNSUBACK", "b0 02 0001", new UnsubAck(1, NONE, List.of()));
        }
        table.server(
                V5,
                "SUBACK",
                "90 06 0001 00 02 87 97",
                new SubAck(
                        1,
                        NONE,
                        List.of(ReasonCode.GRANTED_QOS_2, ReasonCode.NOT_AUTHORIZED, ReasonCode.QUOTA_EXCEEDED)));
        table.server(
                V5,
                "UNSUBACK",
                "b0 05 0001 00 00 11",
                new UnsubAck(1, NONE, List.of(ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED)));
        table.server(V5, "PUBACK", "40 03 0001 10", new PubAck(1, ReasonCode.NO_MATCHING_SUBSCRIBERS, NONE));
        table.server(V5, "PUBREC", "50 03 0001 10", new PubRec(1, ReasonCode.NO_MATCHING_SUBSCRIBERS, NONE));
        table.server(V5, "DISCONNECT", "e0 01 8e", new Disconnect(ReasonCode.SESSION_TAKEN_OVER, NONE));
        Properties reference =
                Properties.builder().add(Property.SERVER_REFERENCE, "other").build();
        table.server(
                V5, "DISCONNECT", "e0 ~ 9c {1c `other`}", new Disconnect(ReasonCode.USE_ANOTHER_SERVER, reference));
        Properties method = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, "m")
                .add(Property.AUTHENTICATION_DATA, new byte[0])
                .build();
        table.server(V5, "AUTH", "f0 00", new Auth(ReasonCode.SUCCESS, NONE));
        table.server(V5, "AUTH", "f0 ~ 18 {15 `m` 16 0000}", new Auth(ReasonCode.CONTINUE_AUTHENTICATION, method));
        Properties ids = Properties.builder()
                .add(Property.SUBSCRIPTION_IDENTIFIER, 1)
                .add(Property.SUBSCRIPTION_IDENTIFIER, 128)
                .build();
        table.server(V5, "PUBLISH", "30 ~ `t` {0b 01 0b 8001} 'x'", publish(QoS.AT_MOST_ONCE, "t", 0, ids, "x"));
    }
}
