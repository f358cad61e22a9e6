package io.covey.observability;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.LiveConnection;
import io.covey.broker.SessionAnswer;
import io.covey.broker.SessionReport;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Result.SessionDescription;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import io.covey.session.ConnectionEvent;
import io.covey.session.ConnectionView;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The management interface over real HTTP, with a node that says what the test wants. */
class ManagementServerTest {
    private static final String READY = "GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final int REQUESTS = 100;
    private static final long PATIENCE_SECONDS = 30;

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicReference<String> asked = new AtomicReference<>();
    private final Node node = new Node();
    private int port;

    /** What a node would say. */
    private final class Node implements Health, Sessions, Drain {
        private List<Condition> conditions = List.of(new Condition("lease", true, "held"));
        private List<ShardLoop> loops = List.of(new TestLoop(true));
        private boolean started;
        private volatile int drainSeconds;
        private volatile Consumer<String> consulted = what -> {};
        private Consumer<SessionAnswer> answer = SessionAnswer::unknown;

        @Override
        public List<Condition> conditions() {
            consulted.accept("conditions");
            return conditions;
        }

        @Override
        public boolean hasStarted() {
            return started;
        }

        @Override
        public List<ShardLoop> loops() {
            return loops;
        }

        @Override
        public Progress drainProgress() {
            consulted.accept("drain");
            return new Progress(drainSeconds == 0 ? "serving" : "draining", "hands over", 3, 7, drainSeconds);
        }

        @Override
        public Progress drain(int deadlineSeconds) {
            drainSeconds = deadlineSeconds;
            return drainProgress();
        }

        @Override
        public void describe(String clientId, SessionAnswer to) {
            asked.set(clientId);
            // From another thread, as a shard would.
            Thread answering = new Thread(() -> answer.accept(to));
            answering.setDaemon(true);
            answering.start();
        }
    }

    /** A loop that works, and is waited for, so that no busy machine makes it seem stuck; or one that is. */
    private record TestLoop(boolean works) implements ShardLoop {
        @Override
        public void submit(Runnable task) {
            if (works) {
                Thread running = new Thread(task);
                running.start();
                try {
                    running.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public void atEndOfTurn(Runnable task) {
            submit(task);
        }

        @Override
        public Cancellable schedule(long delayMicros, Runnable task) {
            throw new UnsupportedOperationException("not asked for");
        }

        @Override
        public long monotonicMillis() {
            return 0;
        }

        @Override
        public boolean isCrowded() {
            return false;
        }

        @Override
        public long clusterMillis() {
            return 0;
        }

        @Override
        public long uniqueLong() {
            return 1;
        }
    }

    @BeforeEach
    void listen() throws Exception {
        port = ManagementServer.listen(vertx, "127.0.0.1", 0, new BrokerMetrics(), node, node, node)
                .toCompletionStage()
                .toCompletableFuture()
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .port();
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private HttpResponse<String> get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private JsonObject json(String path, int status) throws Exception {
        HttpResponse<String> response = get(path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        return new JsonObject(response.body());
    }

    @Test
    void readyListsEveryConditionAndTheReasonsWhyNot() throws Exception {
        assertThat(json("/health/ready", 200).getBoolean("ready")).isTrue();

        node.conditions = List.of(
                new Health.Condition("lease", false, "not held"), new Health.Condition("listeners", true, "open"));
        JsonObject notReady = json("/health/ready", 503);

        assertThat(notReady.getBoolean("ready")).isFalse();
        assertThat(notReady.getJsonArray("reasons")).isEqualTo(new JsonArray().add("lease: not held"));
        assertThat(notReady.getJsonArray("conditions")).hasSize(2);
    }

    private HttpResponse<String> post(String host, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + path))
                .POST(HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aDrainIsBegunFromTheSameHostAndShown() throws Exception {
        assertThat(json("/api/v1/node/drain", 200).getString("state")).isEqualTo("serving");

        HttpResponse<String> begun = post("127.0.0.1", "/api/v1/node/drain?deadline=25");

        assertThat(begun.statusCode()).isEqualTo(202);
        JsonObject shown = json("/api/v1/node/drain", 200);
        assertThat(shown)
                .isEqualTo(new JsonObject(begun.body()))
                .isEqualTo(new JsonObject()
                        .put("state", "draining")
                        .put("detail", "hands over")
                        .put("connections", 3)
                        .put("partitions", 7)
                        .put("secondsLeft", 25));
    }

    @Test
    void aDrainWithoutADeadlineOrWithAWrongOne() throws Exception {
        assertThat(post("127.0.0.1", "/api/v1/node/drain?deadline=soon").statusCode())
                .isEqualTo(400);
        assertThat(post("127.0.0.1", "/api/v1/node/drain?deadline=0").statusCode())
                .isEqualTo(400);
        assertThat(node.drainSeconds).isZero();

        assertThat(post("127.0.0.1", "/api/v1/node/drain").statusCode()).isEqualTo(202);
        assertThat(node.drainSeconds).isEqualTo(60);
    }

    @Test
    void aPageInABrowserOnTheSameHostBeginsNoDrain() throws Exception {
        assertThat(post("127.0.0.1", "/api/v1/node/drain", "Origin", "http://evil.example")
                        .statusCode())
                .isEqualTo(403);
        assertThat(node.drainSeconds).isZero();
    }

    @Test
    void startedIsSoFromTheFirstTimeClientsWereServed() throws Exception {
        node.conditions = List.of(new Health.Condition("lease", false, "not held"));
        assertThat(json("/health/started", 503).getJsonArray("reasons")).hasSize(1);

        node.started = true;
        assertThat(json("/health/started", 200).getBoolean("started")).isTrue();
    }

    @Test
    void aliveIsANodeWhoseLoopsAnswer() throws Exception {
        assertThat(json("/health/live", 200).getBoolean("live")).isTrue();
        node.loops = List.of();
        assertThat(json("/health/live", 200).getBoolean("live")).isTrue();

        node.loops = List.of(new TestLoop(true), new TestLoop(false));
        assertThat(json("/health/live", 503).getJsonArray("reasons"))
                .isEqualTo(new JsonArray().add("event loop 1 does not answer"));
    }

    @Test
    void metricsAreText() throws Exception {
        HttpResponse<String> response = get("/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("mqtt_connections");
    }

    @Test
    void clientIdsComeDecoded() throws Exception {
        for (Map.Entry<String, String> each : Map.of(
                        "GID_a%40%40%40device%201",
                        "GID_a@@@device 1", "a%2Fb", "a/b", "a/b", "a/b", "%C3%A9+%25", "é+%")
                .entrySet()) {
            assertThat(json("/api/v1/sessions/" + each.getKey(), 404).getString("clientId"))
                    .isEqualTo(each.getValue());
            assertThat(asked).hasValue(each.getValue());
        }
    }

    @Test
    void nobodyWhoCanTellIs503() throws Exception {
        node.answer = answer -> answer.unavailable("bucket unavailable");

        assertThat(json("/api/v1/sessions/a", 503).getString("error")).isEqualTo("bucket unavailable");
    }

    @Test
    void anotherPathIsJsonToo() throws Exception {
        assertThat(json("/api/v1/nothing", 404).getString("error")).isEqualTo("no such path");
        assertThat(json("/api/v1/sessions/", 404).getString("error")).isEqualTo("no such path");
    }

    @Test
    void whatIsNoRequestIsTurnedAway() throws Exception {
        for (String request : List.of(
                "GET /metrics HTTP/1.1\r\n\r\n",
                "GET /api/v1/sessions/%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /{} HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
                "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n")) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                assertThat(statusOf(socket, request)).isEqualTo("HTTP/1.1 400");
            }
        }
    }

    @Test
    void anotherProtocolIsNotSpokenInstead() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            assertThat(statusOf(
                            socket,
                            "GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                    + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"))
                    .isEqualTo("HTTP/1.1 200");
        }
    }

    private static String statusOf(Socket socket, String request) throws IOException {
        send(socket, request);
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }

    private static void send(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void whereTooManyConnectionsAreKeptTheOldestIsClosedAndCounted() throws Exception {
        List<Socket> kept = new ArrayList<>();
        try {
            for (int i = 0; i < ManagementConnections.COUNT_MAX; i++) {
                Socket socket = new Socket("127.0.0.1", port);
                kept.add(socket);
                assertThat(statusOf(socket, READY)).isEqualTo("HTTP/1.1 200");
            }
            try (Socket oneMore = new Socket("127.0.0.1", port)) {
                assertThat(statusOf(oneMore, READY)).isEqualTo("HTTP/1.1 200");

                kept.get(0).getInputStream().readAllBytes(); // to its end
                // Not asked by a connection more, for which another one would have to go.
                send(oneMore, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                assertThat(new String(oneMore.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains("covey_management_connections_closed_total{reason=\"connections\"} 1.0");
            }
        } finally {
            for (Socket socket : kept) {
                socket.close();
            }
        }
    }

    /** The loop stands still until all that is asked has arrived; then neither connection waits for all requests of the other. */
    @Test
    void connectionsWithManyRequestsAtOnceTakeTurns() throws Exception {
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(2 * REQUESTS);
        node.consulted = what -> {
            order.add(what);
            answered.countDown();
        };
        try (Socket first = new Socket("127.0.0.1", port);
                Socket second = new Socket("127.0.0.1", port)) {
            assertThat(statusOf(first, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .isEqualTo("HTTP/1.1 200");
            assertThat(statusOf(second, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .isEqualTo("HTTP/1.1 200");
            vertx.runOnContext(turn -> {
                held.countDown();
                awaitQuietly(arrived);
            });
            assertThat(held.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

            send(first, READY.repeat(REQUESTS));
            send(second, "GET /api/v1/node/drain HTTP/1.1\r\nHost: a\r\n\r\n".repeat(REQUESTS));
            arrived.countDown();

            assertThat(answered.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(order.subList(0, REQUESTS)).contains("conditions", "drain");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aConnectedSessionIsShownWithWhyNothingIsSent() throws Exception {
        node.answer = answer -> answer.found(new SessionReport(
                session(new ShardAddress(7, 1), 0xFFFF_FFFFL),
                new LiveConnection(
                        new ConnectionView("c", ProtocolVersion.V3_1_1, 0, 60, 0xFFFF_FFFFL, 3, 3, 0, 1, true),
                        "tcp",
                        "10.0.0.1:5",
                        List.of(),
                        Map.of(ConnectionEvent.DROPPED_EXPIRED, 2L, ConnectionEvent.DROPPED_TOO_LARGE, 1L),
                        1_000,
                        new LiveConnection.Stuck(false, 2, 60_000)),
                true));

        JsonObject json = json("/api/v1/sessions/c", 200);

        assertThat(json.getBoolean("connected")).isTrue();
        assertThat(json.getJsonObject("connection").getString("lastSentAt")).isEqualTo("1970-01-01T00:00:01Z");
        assertThat(json.getJsonObject("connection").getJsonObject("stuck"))
                .isEqualTo(new JsonObject().put("now", false).put("times", 2).put("lastAt", "1970-01-01T00:01:00Z"));
        assertThat(json.getJsonObject("sending").getString("state")).isEqualTo("window_full");
        assertThat(json.getJsonObject("sending").getString("reason"))
                .isEqualTo("window full, waiting for 3 acknowledgements");
        assertThat(json.getJsonObject("owner"))
                .isEqualTo(new JsonObject().put("node", "7").put("shard", 1));
        assertThat(json.getLong("epoch")).isEqualTo(4);
        assertThat(json.getBoolean("neverExpires")).isTrue();
        assertThat(json.getJsonObject("queue").getInteger("messages")).isEqualTo(5);
        assertThat(json.getJsonObject("queue").getInteger("waiting")).isEqualTo(2);
        assertThat(json.getJsonObject("queue").getInteger("inFlight")).isEqualTo(3);
        assertThat(json.getJsonObject("queue").getDouble("oldestAgeSeconds")).isPositive();
        assertThat(json.getJsonObject("drops"))
                .isEqualTo(
                        new JsonObject().put("queue_full", 8).put("expired", 11).put("too_large", 1));
        assertThat(json.getJsonObject("connection").getString("protocolVersion"))
                .isEqualTo("3.1.1");
        assertThat(json.getJsonArray("subscriptions").getJsonObject(0).getString("filter"))
                .isEqualTo("a/#");
    }

    @Test
    void aSessionWithoutAConnectionSaysSo() throws Exception {
        node.answer = answer -> answer.found(new SessionReport(session(null, 60), null, false));

        JsonObject json = json("/api/v1/sessions/c", 200);

        assertThat(json.getBoolean("connected")).isFalse();
        assertThat(json.getJsonObject("sending").getString("reason")).isEqualTo("not connected");
        assertThat(json.getLong("expirySeconds")).isEqualTo(60);
        assertThat(json.getValue("connection")).isNull();
        assertThat(json.getString("disconnectedAt")).isEqualTo("1970-01-01T00:00:01Z");
    }

    private static SessionDescription session(ShardAddress owner, long expirySeconds) {
        List<Subscription> subscriptions = List.of(new Subscription("a/#", QoS.AT_LEAST_ONCE, false, true, 0, 6));
        return new SessionDescription(
                "c", 4, owner, expirySeconds, owner == null ? 1_000 : -1, subscriptions, 5, 50, 1_000, 4, 8, 9, 0);
    }
}
