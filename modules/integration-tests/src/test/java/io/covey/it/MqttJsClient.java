package io.covey.it;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** MQTT.js in a process of Node.js; commands go in, answers and messages come out, one to a line, with tabs between the fields. */
final class MqttJsClient extends LibraryClient {
    private final Setup setup;
    private final Mqtt mqtt;
    private final Process process;
    private final BufferedWriter commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    MqttJsClient(Mqtt mqtt, Setup setup) throws IOException, InterruptedException {
        this.mqtt = mqtt;
        this.setup = setup;
        Path directory = ExternalTools.mqttJs();
        process = new ProcessBuilder(
                        "node",
                        Path.of("src/test/resources/mqttjs-client.cjs")
                                .toAbsolutePath()
                                .toString())
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        commands = process.outputWriter();
        Thread reader = new Thread(this::read, "mqtt.js");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split("\t", -1);
                if (fields[0].equals("message")) {
                    arrived(fields[1], fields[2], Integer.parseInt(fields[3]), fields[4].equals("true"));
                } else {
                    answers.add(line);
                }
            }
        } catch (IOException ended) {
            // The process has been ended.
        }
        answers.add("ended");
    }

    private void command(Object... fields) throws IOException, InterruptedException {
        StringBuilder line = new StringBuilder();
        for (Object field : fields) {
            line.append(line.isEmpty() ? "" : "\t").append(field);
        }
        commands.write(line + "\n");
        commands.flush();
        String answer = answers.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        if (!"ok".equals(answer)) {
            throw new AssertionError("MQTT.js answers '" + answer + "' to '" + line + "'");
        }
    }

    @Override
    void connect() throws IOException, InterruptedException {
        command(
                "connect",
                setup.port(),
                setup.clientId(),
                mqtt.protocolName,
                mqtt.level,
                setup.clean(),
                setup.sessionExpirySeconds() == null ? "" : setup.sessionExpirySeconds(),
                setup.willTopic() == null ? "" : setup.willTopic(),
                WILL);
    }

    @Override
    void subscribe(String filter, int qos) throws IOException, InterruptedException {
        command("subscribe", filter, qos);
    }

    @Override
    void publish(String topic, String payload, int qos, boolean retained) throws IOException, InterruptedException {
        command("publish", topic, payload, qos, retained);
    }

    @Override
    void disconnect() throws IOException, InterruptedException {
        command("disconnect");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
