package io.covey.server;

import io.covey.config.ConfigurationException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code covey drain}: empties the node of this host and waits until nothing depends on it, as a hook before its stop does. */
@Command(
        name = "drain",
        description = {
            "Empties a running node of this host: sends its clients away, moves its data to the other nodes, and lets the cluster count"
                    + " without it. The process stays until it gets SIGTERM.",
            "Exit status 0: nothing depends on the node; 1: not in time, or not possible; 2: no node answers."
        })
final class DrainCommand implements Callable<Integer> {
    private static final int NOT_DRAINED = 1;
    private static final int ACCEPTED = 202;
    private static final long POLL_MILLIS = 250;
    private static final Duration ANSWER_TIME = Duration.ofSeconds(5);
    private static final String PATH = "/api/v1/node/drain";

    @CommandLine.Mixin
    ManagementAddress node = new ManagementAddress();

    @Option(
            names = "--deadline",
            paramLabel = "SECONDS",
            description = "how long it may take (default: ${DEFAULT-VALUE})")
    int deadlineSeconds = 60;

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(ANSWER_TIME).build();
    private String address = "";
    private String shown = "";

    @Override
    public Integer call() throws InterruptedException {
        address = node.base();
        JsonObject progress = ask("POST", PATH + "?deadline=" + deadlineSeconds);
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(deadlineSeconds + ANSWER_TIME.toSeconds());
        while (true) {
            show(progress);
            String state = progress.getString("state", "");
            if (state.equals("drained")) {
                return 0;
            }
            if (state.equals("failed") || System.nanoTime() > limit) {
                return NOT_DRAINED;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            progress = ask("GET", PATH);
        }
    }

    private void show(JsonObject progress) {
        String line = progress.getString("state") + ": " + progress.getString("detail") + "; connections="
                + progress.getInteger("connections") + " partitions=" + progress.getInteger("partitions");
        if (!line.equals(shown)) {
            shown = line;
            System.out.println(line);
        }
    }

    private JsonObject ask(String method, String path) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(address + path))
                    .method(method, HttpRequest.BodyPublishers.noBody())
                    .timeout(ANSWER_TIME)
                    .build();
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            JsonObject body = new JsonObject(response.body());
            if (response.statusCode() > ACCEPTED) {
                throw new ConfigurationException("the node at " + address + " refuses: " + body.getString("error"));
            }
            return body;
        } catch (ConnectException refused) {
            throw new ConfigurationException("no node answers at " + address + ": nobody listens there");
        } catch (IOException | IllegalArgumentException | DecodeException failure) {
            throw new ConfigurationException("no node answers at " + address + ": " + failure);
        }
    }
}
