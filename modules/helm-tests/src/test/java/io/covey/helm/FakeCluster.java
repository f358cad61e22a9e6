package io.covey.helm;

import com.google.gson.Gson;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * As much of a Kubernetes API server as templates can ask: whether an object is there. It answers on loopback, and the file that
 * {@code KUBECONFIG} names leads Helm to it. One for all tests; a test that installs something clears it.
 */
final class FakeCluster {
    private static final String CORE = resources("v1", Map.of("secrets", "Secret", "configmaps", "ConfigMap"));
    private static final String APPS = resources("apps/v1", Map.of("statefulsets", "StatefulSet"));
    private static final String NOT_FOUND =
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}";
    private static final int OK = 200;
    private static final int MISSING = 404;

    private static final Map<String, String> OBJECTS = new ConcurrentHashMap<>();
    private static boolean started;

    private FakeCluster() {}

    /** Listens from the first call to the end of the process. */
    static synchronized void start() {
        if (started) {
            return;
        }
        String kubeconfig = System.getenv("KUBECONFIG");
        if (kubeconfig == null) {
            throw new IllegalStateException("KUBECONFIG must name the file that leads to this server");
        }
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", FakeCluster::answer);
            server.start();
            Files.writeString(
                    Path.of(kubeconfig),
                    """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: fake, cluster: {server: 'http://127.0.0.1:%d'}}]
                    users: [{name: fake, user: {}}]
                    contexts: [{name: fake, context: {cluster: fake, user: fake}}]
                    current-context: fake
                    """
                            .formatted(server.getAddress().getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        started = true;
    }

    /** From now on there is what was rendered, as after an installation. */
    static void install(Manifests manifests) {
        Map<String, String> paths = Map.of(
                "Secret", "/api/v1/namespaces/%s/secrets/%s",
                "ConfigMap", "/api/v1/namespaces/%s/configmaps/%s",
                "StatefulSet", "/apis/apps/v1/namespaces/%s/statefulsets/%s");
        for (Map<String, Object> object : manifests.all()) {
            String path = paths.get(String.valueOf(object.get("kind")));
            if (path != null) {
                String name = String.valueOf(Manifests.at(object, "metadata.name"));
                OBJECTS.put(path.formatted(Chart.NAMESPACE, name), new Gson().toJson(object));
            }
        }
    }

    static void clear() {
        OBJECTS.clear();
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String found =
                switch (path) {
                    case "/api/v1" -> CORE;
                    case "/apis/apps/v1" -> APPS;
                    default -> OBJECTS.get(path);
                };
        byte[] body = (found == null ? NOT_FOUND : found).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(found == null ? MISSING : OK, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String resources(String version, Map<String, String> kinds) {
        String resources = kinds.entrySet().stream()
                .map(kind ->
                        "{\"name\":\"%s\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"%s\",\"verbs\":[\"get\"]}"
                                .formatted(kind.getKey(), kind.getValue()))
                .collect(Collectors.joining(","));
        return "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"%s\",\"resources\":[%s]}"
                .formatted(version, resources);
    }
}
