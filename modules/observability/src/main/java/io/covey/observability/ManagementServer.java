package io.covey.observability;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * The HTTP interface for operators: {@code /metrics} and {@code /health/live|ready|started}. Healthy is 200, else 503, with reasons as JSON.
 */
public final class ManagementServer {
    private final HttpServer server;

    private ManagementServer(HttpServer server) {
        this.server = server;
    }

    /** Listens; fails when the port is in use. */
    public static Future<ManagementServer> listen(
            Vertx vertx, String host, int port, BrokerMetrics metrics, Health health) {
        Router router = Router.router(vertx);
        router.get("/metrics").handler(context -> context.response()
                .putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
                .end(metrics.scrape()));
        // An answer at all proves that event loops run.
        router.get("/health/live").handler(context -> answer(context, "live", List.of()));
        router.get("/health/ready").handler(context -> answer(context, "ready", health.notReadyBecause()));
        router.get("/health/started")
                .handler(context ->
                        answer(context, "started", health.hasStarted() ? List.of() : health.notReadyBecause()));
        HttpServerOptions options = new HttpServerOptions().setHost(host).setPort(port);
        return vertx.createHttpServer(options).requestHandler(router).listen().map(ManagementServer::new);
    }

    private static void answer(RoutingContext context, String what, List<String> reasons) {
        boolean healthy = reasons.isEmpty();
        context.response().setStatusCode(healthy ? 200 : 503);
        context.json(new JsonObject().put(what, healthy).put("reasons", new JsonArray(reasons)));
    }

    /** The port that it listens on. */
    public int port() {
        return server.actualPort();
    }
}
