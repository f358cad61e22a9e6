package io.covey.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;

/**
 * The container image of the distribution that the build made, built by {@code scripts/image} when the first test asks for it. Without a Docker
 * engine, or without a base for the image, the test is skipped, unless {@code COVEY_REQUIRE_TOOLS=true}: there it fails.
 */
final class NodeImage {
    private static final long BUILD_MINUTES_MAX = 5;

    private static @Nullable String built;

    private NodeImage() {}

    /** The directory of this repository. */
    static Path root() {
        return Path.of(System.getProperty("covey.root"));
    }

    /** The image's name. */
    static synchronized String name() throws IOException, InterruptedException {
        if (built == null) {
            ExternalTools.missing(
                    DockerClientFactory.instance().isDockerAvailable() ? null : "no Docker engine answers");
            built = build();
        }
        return built;
    }

    private static String build() throws IOException, InterruptedException {
        // Several checkouts on one machine do not build each other's image.
        String tag = "covey-it:" + Integer.toHexString(root().hashCode());
        Path log = Files.createTempFile("covey-image-", ".log");
        try {
            Process process = new ProcessBuilder(List.of(
                            root().resolve("scripts/image").toString(),
                            "--tag",
                            tag,
                            "--dist",
                            Path.of(System.getProperty("covey.dist"))
                                    .getParent()
                                    .toString()))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            boolean inTime = process.waitFor(BUILD_MINUTES_MAX, TimeUnit.MINUTES);
            if (!inTime) {
                process.destroyForcibly();
            }
            String told = Files.readString(log);
            ExternalTools.missing(inTime && process.exitValue() == 0 ? null : "scripts/image failed: " + told);
            System.out.print(told);
            return tag;
        } finally {
            Files.delete(log);
        }
    }
}
