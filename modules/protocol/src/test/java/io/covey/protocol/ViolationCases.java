package io.covey.protocol;

import static io.covey.protocol.ProtocolVersion.V3_1;
import static io.covey.protocol.ProtocolVersion.V3_1_1;
import static io.covey.protocol.ProtocolVersion.V5;

import java.util.List;

/** Packets by hand that violate a clause each. */
final class ViolationCases {
    private static final List<ProtocolVersion> ALL = List.of(V3_1, V3_1_1, V5);
    private static final List<ProtocolVersion> BEFORE_V5 = List.of(V3_1, V3_1_1);

    private final CaseTable table = new CaseTable();

    private ViolationCases() {}

    /** Every case. */
    static List<PacketCase> all() {
        ViolationCases all = new ViolationCases();
        all.connectViolations();
        all.willViolations();
        all.publishViolations();
        all.acknowledgementViolations();
        all.subscribeViolations();
        all.disconnectAndAuthViolations();
        all.framing();
        all.headerFlags();
        all.strings();
        all.serverViolations();
        return all.table.cases();
    }

    private void connectViolations() { // [MQTT311-3.1.2-1]
        ReasonCode unsupported = ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
        table.refused(V5, unsupported, "MQTT-3.1.2-1", "another protocol", "10 ~ `mqtt` 05 02 003c {} `c`");
        table.refused(V5, unsupported, "MQTT-3.1.2-1", "a longer protocol name", "10 ~ `MQTTT` 05 02 003c {} `c`");
        table.refused(V5, unsupported, "MQTT-3.1.2-1", "no protocol name", "10 ~ `` 05 02 003c {} `c`");
        table.refused(V5, unsupported, "MQTT-3.1.2-2", "level 6", "10 ~ `MQTT` 06 02 003c {} `c`");
        table.refused(V5, unsupported, "MQTT-3.1.2-2", "bridge bit in level 5", "10 ~ `MQTT` 85 02 003c {} `c`");
        table.refused(V3_1, unsupported, "MQTT-3.1.2-2", "level 3 with the new name", "10 ~ `MQTT` 03 02 003c `c`");
        table.refused(V3_1_1, unsupported, "MQTT-3.1.2-2", "level 4 with the old name", "10 ~ `MQIsdp` 04 02 003c `c`");
        for (ProtocolVersion version : List.of(V3_1_1, V5)) {
            String begin = version == V5 ? "10 ~ `MQTT` 05 " : "10 ~ `MQTT` 04 ";
            String rest = version == V5 ? " 003c {} `c`" : " 003c `c`";
            table.malformed(version, "MQTT-3.1.2-3", "reserved connect flag", begin + "03" + rest);
            table.malformed(version, "MQTT-3.1.2-11", "Will QoS without will", begin + "0a" + rest);
            table.malformed(version, "MQTT-3.1.2-13", "Will Retain without will", begin + "22" + rest);
            table.malformed(version, "2.1.4", "no user name despite its flag", begin + "82" + rest);
            table.malformed(version, "2.1.4", "surplus after the client id", begin + "02" + rest + " 00");
            table.malformed(
                    version, "2.1.4", "client id beyond the packet", begin + "02" + rest.replace("`c`", "0002 63"));
        }
        table.malformed(V3_1_1, "2.1.4", "nothing after the protocol name", "10 ~ `MQTT`");
        table.malformed(V5, "2.1.4", "nothing at all", "10 00");
        table.malformed(V3_1_1, "MQTT311-3.1.2-22", "password without user name", "10 ~ `MQTT` 04 42 003c `c` 0000");
        table.malformed(V3_1, "MQTT311-3.1.2-22", "password without user name", "10 ~ `MQIsdp` 03 42 003c `c` 0000");
        table.malformed(V5, "MQTT-1.5.5-1", "Remaining Length too long", "10 8e00 `MQTT` 05 02 003c {} `c`");
        table.malformed(V5, "MQTT-1.5.5-1", "Property Length too long", "10 ~ `MQTT` 05 02 003c 8000 `c`");
        table.malformed(V5, "2.1.4", "properties beyond the packet", "10 ~ `MQTT` 05 02 003c 0500 00");
        table.protocolError(V5, "3.1.2.11", "Receive Maximum 0", "10 ~ `MQTT` 05 02 003c {21 0000} `c`");
        table.protocolError(V5, "3.1.2.11", "Maximum Packet Size 0", "10 ~ `MQTT` 05 02 003c {27 00000000} `c`");
        table.protocolError(V5, "3.1.2.11", "Request Problem Information 2", "10 ~ `MQTT` 05 02 003c {17 02} `c`");
        table.protocolError(V5, "3.1.2.11", "Request Response Information 2", "10 ~ `MQTT` 05 02 003c {19 02} `c`");
        table.protocolError(V5, "3.1.2.11", "data without method", "10 ~ `MQTT` 05 02 003c {16 0000} `c`");
    }

    private void willViolations() {
        for (ProtocolVersion version : ALL) {
            String begin =
                    version == V3_1 ? "10 ~ `MQIsdp` 03 " : version == V5 ? "10 ~ `MQTT` 05 " : "10 ~ `MQTT` 04 ";
            String id = version == V5 ? " 003c {} `c` {} " : " 003c `c` ";
            table.malformed(version, "MQTT-3.1.2-12", "Will QoS 3", begin + "1e" + id + "`w` 0000");
            table.malformed(version, "MQTT-4.7.0-1", "wildcard in Will Topic", begin + "06" + id + "`w/#` 0000");
            table.malformed(version, "MQTT-4.7.0-1", "wildcard in Will Topic", begin + "06" + id + "`+` 0000");
            table.malformed(version, "MQTT-4.7.3-1", "empty Will Topic", begin + "06" + id + "`` 0000");
            table.malformed(version, "2.1.4", "no Will Payload", begin + "06" + id + "`w`");
        }
        String begin = "10 ~ `MQTT` 05 06 003c {} `c` ";
        table.protocolError(V5, "MQTT-3.3.2-14", "wildcard in Response Topic", begin + "{08 `a/+`} `w` 0000");
        table.protocolError(V5, "3.1.3.2", "Payload Format Indicator 2", begin + "{01 02} `w` 0000");
        table.protocolError(V5, "3.1.3.2", "Will Delay twice", begin + "{18 00000001 18 00000001} `w` 0000");
        table.malformed(V5, "2.2.2.2", "Session Expiry in the will", begin + "{11 00000001} `w` 0000");
    }

    private void publishViolations() { // [MQTT-3.3.2-1] [MQTT-1.5.7-1] [MQTT311-2.3.1-1]
        for (ProtocolVersion version : ALL) {
            String list = version == V5 ? " {} " : " ";
            table.malformed(version, "MQTT-3.3.1-4", "QoS 3", "36 ~ `t` 0001" + list);
            table.malformed(version, "MQTT-3.3.1-2", "DUP at QoS 0", "38 ~ `t`" + list);
            table.malformed(version, "MQTT-3.3.2-2", "topic with #", "30 ~ `a/#`" + list);
            table.malformed(version, "MQTT-3.3.2-2", "topic with +", "30 ~ `a+`" + list);
            table.malformed(version, "MQTT-1.5.4-2", "topic with U+0000", "30 ~ 0002 6100" + list);
            table.malformed(version, "MQTT-1.5.4-1", "topic with a surrogate", "30 ~ 0003 eda080" + list);
            table.malformed(version, "2.1.4", "topic beyond the packet", "30 ~ 0005 'abcd'");
            table.malformed(version, "2.1.4", "half a topic length", "30 ~ 00");
            table.malformed(version, "2.1.4", "no Packet Identifier at QoS 1", "32 ~ `t`");
            table.protocolError(version, "MQTT-2.2.1-3", "Packet Identifier 0", "32 ~ `t` 0000" + list);
            table.malformed(version == V5 ? V3_1_1 : version, "MQTT-4.7.3-1", "empty topic", "30 ~ `` 'payload'");
        }
        table.protocolError(V5, "3.3.2.1", "empty topic without alias", "30 ~ `` {} 'x'");
        table.refused(V5, ReasonCode.TOPIC_ALIAS_INVALID, "MQTT-3.3.2-8", "alias 0", "30 ~ `t` {23 0000}");
        table.protocolError(V5, "MQTT-3.3.4-6", "Subscription Identifier", "30 ~ `t` {0b 01}");
        table.protocolError(V5, "3.3.2.3", "Payload Format Indicator 2", "30 ~ `t` {01 02}");
        table.protocolError(V5, "MQTT-3.3.2-14", "Response Topic with wildcard", "30 ~ `t` {08 `#`}");
        table.malformed(V5, "MQTT-4.7.3-1", "empty Response Topic", "30 ~ `t` {08 ``}");
        table.malformed(V5, "2.2.2.2", "unknown property", "30 ~ `t` {04 00}");
        table.malformed(V5, "2.2.2.2", "unknown property of two bytes", "30 ~ `t` {8101 00}");
        table.malformed(V5, "MQTT-1.5.5-1", "property identifier longer than needed", "30 ~ `t` {8100 00}");
        table.malformed(V5, "2.1.4", "property beyond its list", "30 ~ `t` 02 02 0000 0001");
        table.malformed(V5, "2.1.4", "string beyond its list", "30 ~ `t` {03 0003 6161} 6161");
        table.malformed(V5, "2.1.4", "no Property Length", "30 ~ `t`");
        table.malformed(V5, "1.5.5", "Property Length of five bytes", "30 ~ `t` 8080808001");
        table.malformed(V5, "MQTT-1.5.4-1", "ill-formed User Property", "30 ~ `t` {26 0001 ff ``}");
    }

    private void acknowledgementViolations() {
        for (String first : List.of("40", "50", "62", "70")) {
            for (ProtocolVersion version : ALL) {
                table.protocolError(version, "MQTT-2.2.1-3", first + " with Packet Identifier 0", first + " 02 0000");
                table.malformed(version, "2.1.4", first + " without Packet Identifier", first + " 00");
                table.malformed(version, "2.1.4", first + " with half a Packet Identifier", first + " 01 01");
            }
            table.malformed(V3_1_1, "2.1.4", first + " with a reason", first + " 03 0001 00");
            table.malformed(V5, "2.1.4", first + " with surplus", first + " 05 0001 00 00 00");
            table.malformed(V5, "2.2.2.2", first + " with a foreign property", first + " ~ 0001 00 {01 00}");
        }
        table.protocolError(V5, "MQTT-3.4.2-1", "PUBACK: no matching subscribers", "40 03 0001 10");
        table.protocolError(V5, "MQTT-3.5.2-1", "PUBREC: no matching subscribers", "50 03 0001 10");
        table.protocolError(V5, "MQTT-3.6.2-1", "PUBREL: quota exceeded", "62 03 0001 97");
        table.protocolError(V5, "MQTT-3.7.2-1", "PUBCOMP: an unknown reason", "70 03 0001 7f");
        table.protocolError(V5, "3.4.2.2", "PUBACK: Reason String twice", "40 ~ 0001 00 {1f `a` 1f `a`}");
        for (ProtocolVersion version : ALL) {
            table.malformed(version, "2.1.4", "PINGREQ with content", "c0 01 00");
        }
    }

    private void subscribeViolations() {
        for (ProtocolVersion version : ALL) {
            String list = version == V5 ? " {} " : " ";
            table.protocolError(version, "MQTT-3.8.3-2", "SUBSCRIBE without filters", "82 ~ 0001" + list);
            table.protocolError(version, "MQTT-3.10.3-2", "UNSUBSCRIBE without filters", "a2 ~ 0001" + list);
            table.protocolError(version, "MQTT-2.2.1-3", "SUBSCRIBE with identifier 0", "82 ~ 0000" + list + "`a` 00");
            table.protocolError(version, "MQTT-2.2.1-3", "UNSUBSCRIBE with identifier 0", "a2 ~ 0000" + list + "`a`");
            table.malformed(version, "2.1.4", "filter without options", "82 ~ 0001" + list + "`a`");
            table.malformed(version, "2.1.4", "second filter cut off", "82 ~ 0001" + list + "`a` 00 0002 61");
            table.malformed(version, "2.1.4", "filter cut off", "a2 ~ 0001" + list + "`a` 0001");
            table.malformed(version, "MQTT-1.5.4-1", "ill-formed filter", "82 ~ 0001" + list + "0002 c080 00");
            table.malformed(version, "MQTT-1.5.4-2", "U+0000 in a filter", "a2 ~ 0001" + list + "0001 00");
        }
        for (ProtocolVersion version : BEFORE_V5) {
            table.malformed(version, "MQTT311-3-8.3-4", "requested QoS 3", "82 ~ 0001 `a` 03");
            table.malformed(version, "MQTT311-3-8.3-4", "No Local before 5.0", "82 ~ 0001 `a` 04");
        }
        table.protocolError(V5, "3.8.3.1", "Maximum QoS 3", "82 ~ 0001 {} `a` 03");
        table.protocolError(V5, "3.8.3.1", "Retain Handling 3", "82 ~ 0001 {} `a` 30");
        table.malformed(V5, "MQTT-3.8.3-5", "reserved option bit 6", "82 ~ 0001 {} `a` 40");
        table.malformed(V5, "MQTT-3.8.3-5", "reserved option bit 7", "82 ~ 0001 {} `a` 80");
        table.protocolError(V5, "MQTT-3.8.3-4", "No Local on a Shared Subscription", "82 ~ 0001 {} `$share/g/a` 05");
        table.protocolError(V5, "3.8.2.1", "Subscription Identifier 0", "82 ~ 0001 {0b 00} `a` 00");
        table.protocolError(V5, "3.8.2.1", "two Subscription Identifiers", "82 ~ 0001 {0b 01 0b 02} `a` 00");
        table.malformed(V5, "1.5.5", "Subscription Identifier of five bytes", "82 ~ 0001 {0b ffffffff01} `a` 00");
        table.malformed(V5, "2.2.2.2", "Subscription Identifier in UNSUBSCRIBE", "a2 ~ 0001 {0b 01} `a`");
    }

    private void disconnectAndAuthViolations() {
        table.malformed(V3_1, "2.1.4", "DISCONNECT with a reason", "e0 01 00");
        table.malformed(V3_1_1, "2.1.4", "DISCONNECT with a reason", "e0 01 00");
        table.malformed(V5, "2.1.4", "DISCONNECT with surplus", "e0 03 00 00 00");
        table.protocolError(V5, "MQTT-3.14.2-1", "DISCONNECT: session taken over", "e0 01 8e");
        table.protocolError(V5, "MQTT-3.14.2-1", "DISCONNECT: an unknown reason", "e0 01 05");
        table.protocolError(V5, "3.14.2.2.5", "DISCONNECT with Server Reference", "e0 ~ 00 {1c `x`}");
        table.malformed(V5, "2.2.2.2", "DISCONNECT with Receive Maximum", "e0 ~ 00 {21 0001}");
        table.malformed(V3_1_1, "2.1.2", "AUTH before 5.0", "f0 00");
        table.malformed(V3_1, "2.1.2", "AUTH before 5.0", "f0 00");
        table.protocolError(V5, "MQTT-3.15.2-1", "AUTH: success in its short form", "f0 00");
        table.protocolError(V5, "MQTT-3.15.2-1", "AUTH: success", "f0 ~ 00 {15 `m`}");
        table.malformed(V5, "2.1.4", "AUTH without Property Length", "f0 01 18");
        table.protocolError(V5, "3.15.2.2.2", "AUTH without method", "f0 ~ 18 {}");
        table.protocolError(V5, "3.15.2.2", "AUTH: data without method", "f0 ~ 18 {16 0000}");
        table.protocolError(V5, "3.15.2.2", "AUTH: method twice", "f0 ~ 18 {15 `m` 15 `m`}");
    }

    private void framing() {
        for (ProtocolVersion version : ALL) {
            table.malformed(version, "2.1.4", "Remaining Length of five bytes", "30 8080808000");
            table.malformed(version, "2.1.2", "packet type 0", "00 00");
            table.refused(version, ReasonCode.PACKET_TOO_LARGE, "MQTT-3.2.2-15", "too large", "30 ffffff7f");
            for (String first : List.of("20", "90", "b0", "d0")) {
                table.protocolError(version, "2.1.2", "what only servers send", first + " 00");
            }
        }
        table.malformed(V5, "MQTT-1.5.5-1", "Remaining Length longer than needed", "c0 8000");
    }

    private void headerFlags() { // [MQTT311-2.2.2-2]
        for (int flags = 0; flags < 16; flags++) {
            for (ProtocolVersion version : List.of(V3_1_1, V5)) {
                String digit = Integer.toHexString(flags);
                String list = version == V5 ? " {} " : " ";
                if (flags != 0) {
                    String connect = version == V5 ? " ~ `MQTT` 05 02 0000 {} `c`" : " ~ `MQTT` 04 02 0000 `c`";
                    table.malformed(version, "MQTT-2.1.3-1", "flags of CONNECT", "1" + digit + connect);
                    table.malformed(version, "MQTT-2.1.3-1", "flags of PUBACK", "4" + digit + " 02 0001");
                    table.malformed(version, "MQTT-2.1.3-1", "flags of PUBREC", "5" + digit + " 02 0001");
                    table.malformed(version, "MQTT-2.1.3-1", "flags of PUBCOMP", "7" + digit + " 02 0001");
                    table.malformed(version, "MQTT-2.1.3-1", "flags of PINGREQ", "c" + digit + " 00");
                    table.malformed(version, "MQTT-3.14.1-1", "flags of DISCONNECT", "e" + digit + " 00");
                }
                if (flags != 2) {
                    table.malformed(version, "MQTT-3.6.1-1", "flags of PUBREL", "6" + digit + " 02 0001");
                    table.malformed(
                            version, "MQTT-3.8.1-1", "flags of SUBSCRIBE", "8" + digit + " ~ 0001" + list + "`a` 00");
                    table.malformed(
                            version, "MQTT-3.10.1-1", "flags of UNSUBSCRIBE", "a" + digit + " ~ 0001" + list + "`a`");
                }
            }
            if (flags != 0) {
                table.malformed(
                        V5, "MQTT-3.15.1-1", "flags of AUTH", "f" + Integer.toHexString(flags) + " ~ 18 {15 `m`}");
            }
        }
        table.malformed(V3_1, "MQTT-3.6.1-1", "PUBREL at QoS 0", "60 02 0001");
        table.malformed(V3_1, "MQTT-3.8.1-1", "SUBSCRIBE at QoS 2", "84 ~ 0001 `a` 00");
        table.malformed(V3_1, "MQTT-3.10.1-1", "UNSUBSCRIBE at QoS 0", "a0 ~ 0001 `a`");
    }

    private void strings() {
        for (String begin : List.of("10 ~ `MQTT` 05 02 003c {} ", "10 ~ `MQTT` 05 82 003c {} `c` ")) {
            table.malformed(V5, "MQTT-1.5.4-1", "overlong form", begin + "0002 c080");
            table.malformed(V5, "MQTT-1.5.4-1", "surrogate", begin + "0003 eda080");
            table.malformed(V5, "MQTT-1.5.4-2", "U+0000", begin + "0001 00");
        }
        table.malformed(V5, "MQTT-1.5.4-1", "ill-formed Will Topic", "10 ~ `MQTT` 05 06 003c {} `c` {} 0001 80 0000");
    }

    private void serverViolations() {
        ReasonCode malformed = ReasonCode.MALFORMED_PACKET;
        ReasonCode error = ReasonCode.PROTOCOL_ERROR;
        for (ProtocolVersion version : ALL) {
            for (String first : List.of("10", "82", "a2", "c0")) {
                table.serverRefused(version, error, "2.1.2", "what only clients send", first + " 00");
            }
            String list = version == V5 ? " {}" : "";
            table.serverRefused(version, error, version == V5 ? "3.9.2.1" : "3.9.2.1", "SUBACK", "90 ~ 0001" + list);
            table.serverRefused(version, malformed, "2.1.2", "packet type 0", "00 00");
            table.serverRefused(version, ReasonCode.PACKET_TOO_LARGE, "MQTT-3.1.2-24", "too large", "30 ffffff7f");
        }
        table.serverRefused(V3_1_1, malformed, "MQTT-3.2.2-1", "CONNACK: reserved flags", "20 02 02 00");
        table.serverRefused(V3_1_1, error, "MQTT-3.2.2-6", "CONNACK: session with an error", "20 02 01 05");
        table.serverRefused(V3_1_1, error, "MQTT-3.2.2-8", "CONNACK: return code 6", "20 02 00 06");
        table.serverRefused(V3_1_1, error, "MQTT-3.9.3-2", "SUBACK: 0x87 before 5.0", "90 03 0001 87");
        table.serverRefused(V3_1_1, error, "2.1.2", "DISCONNECT before 5.0", "e0 00");
        table.serverRefused(V3_1_1, malformed, "2.1.2", "AUTH before 5.0", "f0 00");
        table.serverRefused(V3_1_1, malformed, "2.1.4", "UNSUBACK with reasons before 5.0", "b0 03 0001 00");
        table.serverRefused(V5, error, "MQTT-3.2.2-8", "CONNACK: 0x04", "20 03 00 04 00");
        table.serverRefused(V5, error, "MQTT-3.9.3-2", "SUBACK: 0x11", "90 04 0001 00 11");
        table.serverRefused(V5, error, "MQTT-3.11.3-2", "UNSUBACK: 0x01", "b0 04 0001 00 01");
        table.serverRefused(V5, error, "3.11.2.1", "UNSUBACK: no reasons", "b0 03 0001 00");
        table.serverRefused(V5, error, "MQTT-3.14.2-1", "DISCONNECT: with will", "e0 01 04");
        table.serverRefused(V5, error, "MQTT-3.14.2-2", "DISCONNECT: session expiry", "e0 ~ 00 {11 00000001}");
        table.serverRefused(V5, error, "MQTT-3.15.2-1", "AUTH: re-authenticate", "f0 ~ 19 {15 `m`}");
        table.serverRefused(V5, error, "3.3.2.3", "PUBLISH: Subscription Identifier 0", "30 ~ `t` {0b 00}");
    }
}
