package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Programs beside Java that some tests want. A test is skipped where one is missing, unless {@code COVEY_REQUIRE_TOOLS=true}, which the
 * continuous build sets: there a missing program fails.
 */
final class ExternalTools {
    private static final String MQTT_JS = "mqtt@5.16.0";

    private ExternalTools() {}

    static void require(String... programs) throws IOException, InterruptedException {
        for (String program : programs) {
            boolean found = new ProcessBuilder("sh", "-c", "command -v " + program)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
            missing(found ? null : program + " is not installed");
        }
    }

    /** Debian's package prometheus. */
    static void requirePrometheus() throws IOException, InterruptedException {
        require("prometheus", "promtool");
    }

    /** Skips the test, or fails it where nothing may be skipped, when something is said to be missing. */
    static void missing(@Nullable String what) {
        if (what != null && "true".equals(System.getenv("COVEY_REQUIRE_TOOLS"))) {
            throw new AssertionError(what + ", and COVEY_REQUIRE_TOOLS wants it");
        }
        assumeTrue(what == null, what);
    }

    static void requireMosquittoClients() throws IOException, InterruptedException {
        require("mosquitto_pub", "mosquitto_sub");
    }

    /** The directory where MQTT.js is installed, which the first call does. */
    static synchronized Path mqttJs() throws IOException, InterruptedException {
        require("node", "npm");
        Path directory = Path.of("target", "mqttjs").toAbsolutePath();
        Files.createDirectories(directory);
        // Tests run in several JVMs.
        try (FileChannel guard = FileChannel.open(
                        directory.resolve("guard"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = guard.lock()) {
            assertThat(held.isValid()).isTrue();
            install(directory);
        }
        return directory;
    }

    private static void install(Path directory) throws IOException, InterruptedException {
        Path mark = directory.resolve("installed-" + MQTT_JS);
        if (!Files.exists(mark)) {
            Files.writeString(directory.resolve("package.json"), "{\"private\": true}\n");
            List<String> command = List.of(
                    "npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--silent", MQTT_JS);
            Process npm = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("npm.log").toFile())
                    .start();
            if (!npm.waitFor(3, TimeUnit.MINUTES) || npm.exitValue() != 0) {
                npm.destroyForcibly();
                throw new AssertionError(
                        "npm cannot install " + MQTT_JS + ":\n" + Files.readString(directory.resolve("npm.log")));
            }
            Files.createFile(mark);
        }
    }
}
