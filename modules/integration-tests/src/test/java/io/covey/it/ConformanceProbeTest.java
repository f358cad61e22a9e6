package io.covey.it;

import io.covey.testkit.LoopbackPorts;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Asks one node, from outside and byte by byte, whether it keeps the statements of MQTT 3.1, 3.1.1 and 5.0 that bind a server. With
 * {@code -Dcovey.probe.target=host:port} it asks another server instead.
 */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
@BesideOthers
class ConformanceProbeTest {
    private static NodeProcess node;
    private static ProbeTarget target;

    @BeforeAll
    static void startNode() throws Exception {
        String elsewhere = System.getProperty("covey.probe.target", "");
        if (!elsewhere.isEmpty()) {
            target = new ProbeTarget(
                    address(elsewhere), address(System.getProperty("covey.probe.websocket", elsewhere)), true);
            return;
        }
        int[] ports = LoopbackPorts.free(3);
        node = NodeProcess.start(
                "probed",
                ports[0],
                ports[1],
                List.of("listeners.ws.type=websocket", "listeners.ws.port=" + ports[2], "mqtt.receive-maximum=50"));
        node.awaitReady();
        target = new ProbeTarget(
                new InetSocketAddress("127.0.0.1", ports[0]), new InetSocketAddress("127.0.0.1", ports[2]), false);
    }

    private static InetSocketAddress address(String hostAndPort) {
        int colon = hostAndPort.lastIndexOf(':');
        return new InetSocketAddress(
                hostAndPort.substring(0, colon), Integer.parseInt(hostAndPort.substring(colon + 1)));
    }

    @AfterAll
    static void stopNode() throws InterruptedException {
        if (node != null) {
            node.kill();
        }
    }

    private static Stream<DynamicTest> ask(Consumer<Cases> table) {
        Cases cases = new Cases();
        table.accept(cases);
        return cases.list().stream().map(each -> each.against(target));
    }

    @TestFactory
    Stream<DynamicTest> connect() {
        return ask(ConnectCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> connectProperties() {
        return ask(ConnectPropertyCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> headers() {
        return ask(HeaderCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> publish() {
        return ask(PublishCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> delivery() {
        return ask(DeliveryCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> subscribe() {
        return ask(SubscribeCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> retained() {
        return ask(RetainedCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> wills() {
        return ask(WillCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> inboundLimits() {
        return ask(InboundLimitCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> messageExpiry() {
        return ask(ExpiryCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> sessions() {
        return ask(SessionCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> webSocket() {
        return ask(WebSocketCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> sharedSubscriptions() {
        return ask(SharedCases::fill);
    }

    @TestFactory
    Stream<DynamicTest> sharedSubscriptionsOfSessions() {
        return ask(SharedSessionCases::fill);
    }
}
