package io.covey.observability;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * The drain over HTTP. Whoever can reach the management port may look; only who is on the same host, as a hook inside the pod is, may begin one,
 * since there are no credentials yet. A browser on that host names the page that made it ask, and is refused.
 */
final class DrainRoutes {
    static final String PATH = "/api/v1/node/drain";

    private static final int DEADLINE_SECONDS = 60;
    private static final int DEADLINE_SECONDS_MIN = 5;
    private static final int DEADLINE_SECONDS_MAX = 86_400;
    private static final int OK = 200;
    private static final int ACCEPTED = 202;
    private static final int BAD_REQUEST = 400;
    private static final int FORBIDDEN = 403;

    private DrainRoutes() {}

    static void show(RoutingContext context, Drain drain) {
        ManagementServer.answer(context, OK, json(drain.drainProgress()));
    }

    static void begin(RoutingContext context, Drain drain) {
        if (!isFromThisHost(context.request()) || context.request().getHeader("Origin") != null) {
            refuse(context, FORBIDDEN, "a drain begins only at the request of a program on the node's own host");
            return;
        }
        int seconds = deadline(context.request().getParam("deadline"));
        if (seconds < DEADLINE_SECONDS_MIN || seconds > DEADLINE_SECONDS_MAX) {
            refuse(
                    context,
                    BAD_REQUEST,
                    "deadline takes seconds from " + DEADLINE_SECONDS_MIN + " to " + DEADLINE_SECONDS_MAX);
            return;
        }
        ManagementServer.answer(context, ACCEPTED, json(drain.drain(seconds)));
    }

    private static int deadline(@Nullable String parameter) {
        if (parameter == null) {
            return DEADLINE_SECONDS;
        }
        try {
            return Integer.parseInt(parameter);
        } catch (NumberFormatException notANumber) {
            return -1;
        }
    }

    /** A connection from the host to itself has the same address at both ends, or a loopback address. */
    private static boolean isFromThisHost(HttpServerRequest request) {
        SocketAddress remote = request.remoteAddress();
        SocketAddress local = request.localAddress();
        if (remote == null || remote.hostAddress() == null) {
            return false;
        }
        try {
            return InetAddress.getByName(remote.hostAddress()).isLoopbackAddress()
                    || local != null && remote.hostAddress().equals(local.hostAddress());
        } catch (UnknownHostException notAnAddress) {
            return false;
        }
    }

    private static void refuse(RoutingContext context, int status, String why) {
        ManagementServer.answer(context, status, new JsonObject().put("error", why));
    }

    private static JsonObject json(Drain.Progress progress) {
        return new JsonObject()
                .put("state", progress.state())
                .put("detail", progress.detail())
                .put("connections", progress.connections())
                .put("partitions", progress.partitions())
                .put("secondsLeft", progress.secondsLeft());
    }
}
