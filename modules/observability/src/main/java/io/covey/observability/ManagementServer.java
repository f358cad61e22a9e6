package io.covey.observability;

import io.covey.broker.SessionAnswer;
import io.covey.broker.SessionReport;
import io.covey.broker.ShardLoop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * The HTTP interface for operators: {@code /metrics}, {@code /health/live|ready|started}, {@code /api/v1/sessions/{client-id}} and
 * {@code /api/v1/node/drain}. Healthy is 200, else 503, with reasons as JSON. Every answer comes within seconds, those about health within one.
 */
public final class ManagementServer {
    /** How long the event loops may take to answer before the node counts as stuck. */
    static final long LOOPS_MILLIS_MAX = 800;

    /** A connection on which nothing moves for so long is closed. */
    private static final int IDLE_SECONDS_MAX = 60;

    private static final String SESSIONS = "/api/v1/sessions/(?<clientId>.+)";
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;

    private final HttpServer server;

    private ManagementServer(HttpServer server) {
        this.server = server;
    }

    /**
     * Listens; fails when the port is in use.
     *
     * @param vertx on one of its event loops all requests are handled, which no clients should share: a page of metrics takes milliseconds
     */
    public static Future<ManagementServer> listen(
            Vertx vertx, String host, int port, BrokerMetrics metrics, Health health, Sessions sessions, Drain drain) {
        Router router = Router.router(vertx);
        router.get("/metrics").handler(context -> context.response()
                .putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
                .end(metrics.scrape()));
        router.get("/health/live").handler(context -> live(context, health));
        router.get("/health/ready").handler(context -> ready(context, health.conditions()));
        router.get("/health/started").handler(context -> started(context, health));
        router.getWithRegex(SESSIONS).handler(context -> session(context, sessions));
        router.get(DrainRoutes.PATH).handler(context -> DrainRoutes.show(context, drain));
        router.post(DrainRoutes.PATH).handler(context -> DrainRoutes.begin(context, drain));
        router.route().last().handler(context -> context.response()
                .setStatusCode(NOT_FOUND)
                .putHeader("content-type", "application/json")
                .end(new JsonObject().put("error", "no such path").encode()));
        HttpServerOptions options = new HttpServerOptions()
                .setHost(host)
                .setPort(port)
                .setHttp2ClearTextEnabled(false)
                .setIdleTimeout(IDLE_SECONDS_MAX)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
        ManagementConnections connections = new ManagementConnections(metrics);
        return vertx.createHttpServer(options)
                .connectionHandler(connections::opened)
                // In a turn of its own: who sends many requests at once does not keep the others waiting for all of
                // them.
                .requestHandler(request -> vertx.runOnContext(turn -> handle(request, router)))
                .listen()
                .map(ManagementServer::new);
    }

    private static void handle(HttpServerRequest request, Router router) {
        if (request.response().closed()) {
            return; // whoever asked has gone
        }
        if (isWellFormed(request)) {
            router.handle(request);
        } else {
            // The router would tell of it with a stack trace in the log.
            request.response().setStatusCode(BAD_REQUEST).end();
        }
    }

    private static boolean isWellFormed(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_1_1 && request.getHeader(HttpHeaders.HOST) == null) {
            return false;
        }
        try {
            String path = new URI(request.uri()).getRawPath();
            return path != null && path.startsWith("/");
        } catch (URISyntaxException malformed) {
            return false;
        }
    }

    /** Alive is a node whose event loops work off what they are given. */
    private static void live(RoutingContext context, Health health) {
        List<ShardLoop> loops = health.loops();
        SortedSet<Integer> silent = new TreeSet<>();
        for (int i = 0; i < loops.size(); i++) {
            silent.add(i);
        }
        if (silent.isEmpty()) {
            healthy(context, "live", List.of());
            return;
        }
        Context own = context.vertx().getOrCreateContext();
        long timer = context.vertx()
                .setTimer(
                        LOOPS_MILLIS_MAX,
                        late -> healthy(
                                context,
                                "live",
                                silent.stream()
                                        .map(loop -> "event loop " + loop + " does not answer")
                                        .toList()));
        for (int i = 0; i < loops.size(); i++) {
            int index = i;
            loops.get(i)
                    .submit(() -> own.runOnContext(answered -> {
                        silent.remove(index);
                        if (silent.isEmpty() && context.vertx().cancelTimer(timer)) {
                            healthy(context, "live", List.of());
                        }
                    }));
        }
    }

    private static void ready(RoutingContext context, List<Health.Condition> conditions) {
        JsonArray all = new JsonArray();
        conditions.forEach(condition -> all.add(new JsonObject()
                .put("name", condition.name())
                .put("met", condition.met())
                .put("detail", condition.detail())));
        List<String> reasons = unmet(conditions);
        answer(
                context,
                reasons.isEmpty() ? OK : UNAVAILABLE,
                new JsonObject()
                        .put("ready", reasons.isEmpty())
                        .put("reasons", new JsonArray(reasons))
                        .put("conditions", all));
    }

    private static void started(RoutingContext context, Health health) {
        healthy(context, "started", health.hasStarted() ? List.of() : unmet(health.conditions()));
    }

    private static List<String> unmet(List<Health.Condition> conditions) {
        return conditions.stream()
                .filter(condition -> !condition.met())
                .map(condition -> condition.name() + ": " + condition.detail())
                .toList();
    }

    private static void healthy(RoutingContext context, String what, List<String> reasons) {
        boolean healthy = reasons.isEmpty();
        answer(
                context,
                healthy ? OK : UNAVAILABLE,
                new JsonObject().put(what, healthy).put("reasons", new JsonArray(reasons)));
    }

    private static void session(RoutingContext context, Sessions sessions) {
        Context own = context.vertx().getOrCreateContext();
        String clientId = Objects.requireNonNull(context.pathParam("clientId"), "the path has it");
        sessions.describe(clientId, new SessionAnswer() {
            @Override
            public void found(SessionReport report) {
                on(OK, SessionJson.of(report, System.currentTimeMillis()));
            }

            @Override
            public void unknown() {
                on(NOT_FOUND, error("no session of this client id"));
            }

            @Override
            public void unavailable(String reason) {
                on(UNAVAILABLE, error(reason));
            }

            private JsonObject error(String reason) {
                return new JsonObject().put("clientId", clientId).put("error", reason);
            }

            private void on(int status, JsonObject json) {
                own.runOnContext(ignored -> answer(context, status, json));
            }
        });
    }

    static void answer(RoutingContext context, int status, JsonObject json) {
        if (context.response().closed()) {
            return; // whoever asked has gone
        }
        context.response()
                .setStatusCode(status)
                .putHeader("content-type", "application/json")
                .end(json.encodePrettily() + "\n");
    }

    /** The port that it listens on. */
    public int port() {
        return server.actualPort();
    }
}
