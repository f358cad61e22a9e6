package io.covey.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code covey health}: asks a running node over its management port, for health checks in images that have no HTTP client. Exit status 0 where
 * the node says yes, 1 where it says no or nothing.
 */
@Command(name = "health", description = "Asks a running node how it is; exit status 0 when well, else 1.")
final class HealthCommand implements Callable<Integer> {
    private static final int PATIENCE_MILLIS = 4_000;

    /** What a node can be asked. */
    enum Question {
        LIVE,
        STARTED,
        READY
    }

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "ready",
            paramLabel = "live|started|ready",
            description = "what to ask (default: ready)")
    Question question = Question.READY;

    @CommandLine.Mixin
    ManagementAddress node = new ManagementAddress();

    @Override
    public Integer call() {
        String base = node.base();
        try {
            return ask(base + "/health/" + question.name().toLowerCase(Locale.ROOT));
        } catch (IOException failure) {
            StorageCommands.out(spec).println("no answer from " + base + ": " + failure);
            return 1;
        }
    }

    private int ask(String url) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setConnectTimeout(PATIENCE_MILLIS);
        connection.setReadTimeout(PATIENCE_MILLIS);
        boolean well = connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        try (InputStream body = well ? connection.getInputStream() : connection.getErrorStream()) {
            String answer = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
            StorageCommands.out(spec).println(answer.strip());
        }
        return well ? 0 : 1;
    }
}
