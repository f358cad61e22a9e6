package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands in README.md do what it says, and print what it shows. They are taken from there; only the ports and the directory are others, and so are
 * numbers in what they print.
 */
@Timeout(300)
@BesideOthers
class ReadmeTest {
    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

    /** README's first port of MQTT and of management; node i has the i-th port from there. */
    private static final int MQTT = 1883;

    private static final int MANAGEMENT = 8080;
    private static final Pattern PORT = Pattern.compile("\\b(188[345]|808[012])\\b");

    @TempDir
    Path directory;

    private int shift;
    private final List<Process> started = new ArrayList<>();

    @BeforeAll
    static void requireClients() throws IOException, InterruptedException {
        ExternalTools.requireMosquittoClients();
    }

    /** What scripts/cluster adds to its ports: so much that all of them are free, and below those of outgoing connections. */
    @BeforeEach
    void chooseShift() {
        do {
            shift = ThreadLocalRandom.current().nextInt(200, 5_000);
        } while (!areFree(shift + MQTT, shift + MANAGEMENT, shift + 15_701, shift + 25_801));
    }

    private static boolean areFree(int... firsts) {
        for (int first : firsts) {
            for (int port = first; port < first + 3; port++) {
                if (!LoopbackPorts.isFree(port)) {
                    return false;
                }
            }
        }
        return true;
    }

    @AfterEach
    void endAll() throws IOException, InterruptedException {
        started.forEach(Process::destroy);
        for (Process process : started) {
            process.waitFor(30, TimeUnit.SECONDS);
        }
        if (Files.exists(directory.resolve("cluster"))) {
            run("scripts/cluster down");
        }
    }

    /** The commands of the first block behind a heading, without their comments. */
    private static List<String> commandsOf(String heading) throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        int section = readme.indexOf("\n## " + heading + "\n");
        assertThat(section).as("README has a section " + heading).isNotNegative();
        return block(readme, section);
    }

    /** Whether the lines of README's next block of output, from this place on, are there in that order; numbers may be others. */
    private static void assertPrinted(String after, String printed) throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        int place = readme.indexOf(after);
        assertThat(place).as("README has: " + after).isNotNegative();
        int begin = readme.indexOf("```text\n", place) + 8;
        List<String> shown = readme.substring(begin, readme.indexOf("```", begin))
                .lines()
                .filter(line -> !line.strip().equals("..."))
                .map(ReadmeTest::withoutNumbers)
                .toList();
        assertThat(shown).isNotEmpty();
        assertThat(printed.lines().map(ReadmeTest::withoutNumbers)).containsSubsequence(shown);
    }

    private static String withoutNumbers(String line) {
        return line.replaceAll("\\d+", "0");
    }

    private static List<String> block(String readme, int from) {
        int begin = readme.indexOf("```\n", from) + 4;
        String block = readme.substring(begin, readme.indexOf("```", begin));
        return block.lines().map(line -> line.replaceFirst("\\s+# .*", "")).toList();
    }

    private ProcessBuilder shell(String command) {
        Matcher ports = PORT.matcher(command);
        String moved = ports.replaceAll(found -> Integer.toString(Integer.parseInt(found.group()) + shift));
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", "exec " + moved)
                .directory(ROOT.toFile())
                .redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "COVEY_DIST",
                                Path.of(System.getProperty("covey.dist"))
                                        .getParent()
                                        .toString(),
                        "COVEY_CLUSTER_BASE", Integer.toString(MQTT + shift),
                        "COVEY_CLUSTER_DIR", directory.resolve("cluster").toString(),
                        "JAVA_HOME", System.getProperty("java.home")));
        return builder;
    }

    private Path begin(String command, Map<String, String> environment) throws IOException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        ProcessBuilder builder = shell(command).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        started.add(builder.start());
        return output;
    }

    private String run(String command) throws IOException, InterruptedException {
        Path output = begin(command, Map.of());
        Process process = started.remove(started.size() - 1);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(command).isTrue();
        String text = Files.readString(output);
        assertThat(process.exitValue()).as(command + "\n" + text).isZero();
        return text;
    }

    /** A text that can change, such as what a program has written so far. */
    private interface Text {
        String now() throws Exception;
    }

    private static void await(String part, Text text) throws InterruptedException {
        Waiting.untilDone(part, () -> {
            String now = text.now();
            if (!now.contains(part)) {
                throw new IllegalStateException("there is only: " + now);
            }
        });
    }

    private static void awaitText(Path output, String part) throws InterruptedException {
        await(part, () -> Files.readString(output));
    }

    @Test
    void oneNodeServesThisMachine() throws Exception {
        List<String> start = commandsOf("Start");
        assertThat(start).containsExactly("scripts/covey start");
        Path node = begin(
                start.get(0),
                Map.of(
                        "COVEY_LISTENERS__TCP__PORT", Integer.toString(MQTT + shift),
                        "COVEY_MANAGEMENT__PORT", Integer.toString(MANAGEMENT + shift),
                        "COVEY_STORAGE__DIRECTORY", directory.resolve("data").toString()));
        awaitText(node, "covey ready");
        assertPrinted("Among lines of its log it says", Files.readString(node));

        String readme = Files.readString(ROOT.resolve("README.md"));
        List<String> clients = block(readme, readme.indexOf("With mosquitto's clients:"));
        assertThat(clients).hasSize(2);
        String port = " -p " + MQTT;
        String subscriber = clients.get(0).replaceFirst(" &$", "");
        Path received = begin(subscriber.replaceFirst("mosquitto_sub", "mosquitto_sub" + port), Map.of());
        await("greetings/world hello", () -> {
            run(clients.get(1).replaceFirst("mosquitto_pub", "mosquitto_pub" + port));
            return Files.readString(received);
        });
        assertPrinted("With mosquitto's clients:", Files.readString(received));

        started.get(0).destroy();
        assertThat(started.get(0).waitFor(60, TimeUnit.SECONDS)).isTrue();
        StringBuilder printed = new StringBuilder();
        for (String command : commandsOf("Keep a copy")) {
            printed.append(run(command.replaceAll(" (data2?|covey\\.backup)\\b", " " + directory + "/$1")));
        }
        assertPrinted("## Keep a copy", printed.toString());
        assertThat(directory.resolve("data2")).isDirectory();
    }

    @Test
    void aSessionOutlivesItsNode() throws Exception {
        List<String> commands = commandsOf("Lose a node and keep the session");
        assertThat(commands).hasSize(7);
        String nodes = run(commands.get(0));
        Path first = begin(commands.get(1), Map.of());
        lookAtTheSession();
        run(commands.get(2));
        awaitText(first, "one");
        run(commands.get(3));
        run(commands.get(4));
        Path second = begin(commands.get(5), Map.of());
        awaitText(second, "two");
        assertPrinted(
                "What is printed: by the first command", nodes + Files.readString(first) + Files.readString(second));
        run(commands.get(6));
        assertThat(directory.resolve("cluster")).doesNotExist();
    }

    /** README's look at a session, asked of the second node until it is as README shows it. */
    private void lookAtTheSession() throws Exception {
        List<String> commands = commandsOf("Look into a node");
        assertThat(commands).hasSize(1);
        String command = commands.get(0).replace(":" + MANAGEMENT, ":" + (MANAGEMENT + 1));
        await("orders/#", () -> run(command));
        Waiting.untilDone("the session is shown", () -> assertPrinted(commands.get(0), run(command)));
    }
}
