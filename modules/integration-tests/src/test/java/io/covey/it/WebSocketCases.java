package io.covey.it;

import static io.covey.it.Bytes.cut;
import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;

/** MQTT over WebSocket. */
final class WebSocketCases {
    private final Cases cases;

    private WebSocketCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        WebSocketCases table = new WebSocketCases(cases);
        table.handshakes();
        table.frames();
    }

    private static WebSocketWire connected(Probe probe) throws Exception {
        WebSocketWire wire = WebSocketWire.open(probe, "mqtt");
        wire.binary(probe.connect("c").bytes());
        byte[] connack = wire.bytes(2);
        wire.bytes(connack[1]);
        return wire;
    }

    private void handshakes() {
        cases.all("6.0.0-3|6.0.0-4", "the sub-protocol 'mqtt' is agreed on", probe -> {
            String answer = probe.keep(WebSocketWire.connect(probe)).upgrade("mqtt");
            assertThat(answer).startsWith("HTTP/1.1 101 ").containsIgnoringCase("\r\nsec-websocket-protocol: mqtt\r\n");
        });
        cases.v31("names", "the sub-protocol 'mqttv3.1' is agreed on", probe -> {
            String answer = probe.keep(WebSocketWire.connect(probe)).upgrade("mqttv3.1");
            assertThat(answer)
                    .startsWith("HTTP/1.1 101 ")
                    .containsIgnoringCase("\r\nsec-websocket-protocol: mqttv3.1\r\n");
        });
        cases.oasis("6.0.0-3|6.0.0-4", "'mqtt' is chosen from a list", probe -> {
            String answer = probe.keep(WebSocketWire.connect(probe)).upgrade("chat, mqtt, other");
            assertThat(answer).startsWith("HTTP/1.1 101 ").containsIgnoringCase("\r\nsec-websocket-protocol: mqtt\r\n");
        });
        cases.oasis("6.0.0-4", "the accept key is right", probe -> {
            String answer = probe.keep(WebSocketWire.connect(probe)).upgrade("mqtt");
            // The example of RFC 6455.
            assertThat(answer).containsIgnoringCase("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
        });
    }

    private void frames() {
        cases.all("6.0.0-1", "CONNECT in a binary frame is answered in a binary frame", probe -> {
            WebSocketWire wire = WebSocketWire.open(probe, "mqtt");
            wire.binary(probe.connect("c").bytes());
            byte[] connack = wire.bytes(4);
            assertThat(connack[0]).isEqualTo((byte) 0x20);
            assertThat(connack[3]).isZero();
        });
        cases.all("6.0.0-1", "a text frame ends the connection", probe -> {
            WebSocketWire wire = connected(probe);
            wire.frame(true, WebSocketWire.TEXT, utf8("text"));
            wire.closed();
        });
        cases.all("6.0.0-1", "a text frame instead of CONNECT ends the connection", probe -> {
            WebSocketWire wire = WebSocketWire.open(probe, "mqtt");
            wire.frame(true, WebSocketWire.TEXT, probe.connect("c").bytes());
            wire.closed();
        });
        cases.all("6.0.0-1", "the will is published after a text frame", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            WebSocketWire wire = WebSocketWire.open(probe, "mqtt");
            wire.binary(
                    probe.connect("c").will(probe.topic("w"), "will", 1, false).bytes());
            wire.bytes(4);
            wire.frame(true, WebSocketWire.TEXT, utf8("text"));
            watcher.receive(probe.topic("w"), "will");
        });
        cases.all("6.0.0-2", "several packets in one frame", probe -> {
            WebSocketWire wire = connected(probe);
            wire.binary(join(ClientBytes.PINGREQ, ClientBytes.PINGREQ, ClientBytes.PINGREQ));
            assertThat(wire.bytes(6)).isEqualTo(hex("D0 00 D0 00 D0 00"));
        });
        cases.all("6.0.0-2", "one packet in many frames", probe -> {
            WebSocketWire wire = WebSocketWire.open(probe, "mqtt");
            for (byte each : probe.connect("c").bytes()) {
                wire.binary(of(each));
            }
            assertThat(wire.bytes(2)[0]).isEqualTo((byte) 0x20);
        });
        cases.all("6.0.0-2", "packets that lie across frames", probe -> {
            WebSocketWire wire = connected(probe);
            byte[] stream = join(
                    probe.make.publish(probe.topic("a"), "x", 1, 300),
                    probe.make.publish(probe.topic("a"), "y", 1, 301),
                    ClientBytes.PINGREQ);
            int third = stream.length / 3;
            wire.binary(cut(stream, third));
            wire.binary(Arrays.copyOfRange(stream, third, 2 * third));
            wire.binary(Arrays.copyOfRange(stream, 2 * third, stream.length));
            List<byte[]> answers = wire.packets(3);
            assertThat(answers.stream().map(each -> each[0] & 0xF0)).containsExactlyInAnyOrder(0x40, 0x40, 0xD0);
        });
        cases.all("6.0.0-2", "a fragmented message, with a ping between its fragments", probe -> {
            WebSocketWire wire = connected(probe);
            byte[] publish = probe.make.publish(probe.topic("a"), "fragmented", 1, 7);
            wire.frame(false, WebSocketWire.BINARY, cut(publish, 5));
            wire.frame(true, WebSocketWire.PING, utf8("hello"));
            wire.frame(true, WebSocketWire.CONTINUATION, Arrays.copyOfRange(publish, 5, publish.length));
            assertThat(wire.packets(1).get(0)[0] & 0xFF).isEqualTo(0x40);
            assertThat(wire.pongs()).containsExactly("hello");
        });
        cases.all("6.0.0-1", "a large message arrives in binary frames", probe -> {
            WebSocketWire wire = connected(probe);
            wire.binary(probe.make.subscribe(1, probe.topic("a"), 0));
            wire.packets(1);
            String payload = "0123456789".repeat(15_000);
            Wire writer = probe.client("p").publish(probe.topic("a"), payload, 0);
            byte[] expected = probe.make.publish(probe.topic("a"), payload, 0, 0);
            assertThat(wire.bytes(expected.length)).isEqualTo(expected);
            writer.quiet();
        });
        cases.all("6", "empty frames do no harm", probe -> {
            WebSocketWire wire = connected(probe);
            wire.binary(of());
            wire.binary(ClientBytes.PINGREQ);
            wire.binary(of());
            assertThat(wire.bytes(2)).isEqualTo(hex("D0 00"));
        });
        cases.all("RFC 6455 5.1", "a frame that is not masked ends the connection", probe -> {
            WebSocketWire wire = connected(probe);
            wire.unmasked(WebSocketWire.BINARY, ClientBytes.PINGREQ);
            wire.closed();
        });
        cases.all("3.14.4-2", "DISCONNECT ends the connection", probe -> {
            WebSocketWire wire = connected(probe);
            wire.binary(ClientBytes.DISCONNECT);
            wire.closed();
        });
        cases.all("3.1.2-8", "a close frame without DISCONNECT: the will is published", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            WebSocketWire wire = WebSocketWire.open(probe, "mqtt");
            wire.binary(
                    probe.connect("c").will(probe.topic("w"), "will", 1, false).bytes());
            wire.bytes(4);
            wire.frame(true, WebSocketWire.CLOSE, hex("03 E8"));
            watcher.receive(probe.topic("w"), "will");
        });
        cases.all("3.1.4-2|3.1.4-3", "a connection over TCP takes over one over WebSocket", probe -> {
            WebSocketWire wire = connected(probe);
            probe.client("c").quiet();
            wire.closed();
        });
        cases.oasis("4.8.0-1|4.13.1-1", "a malformed packet ends the connection", probe -> {
            WebSocketWire wire = connected(probe);
            wire.binary(of(0, 0));
            wire.closed();
        });
    }
}
