package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of operators in a checkout whose path has a space, with a Maven that only makes the distribution's launcher. No JVM is started. */
class ScriptsTest {
    private static final int MISTAKE = 2;
    private static final Path SOURCES = Path.of("../..").toAbsolutePath().normalize();

    @TempDir
    Path directory;

    private Path checkout;
    private final Map<String, String> environment = new HashMap<>();

    private record Ended(int status, String told) {}

    @BeforeEach
    void aCheckout() throws IOException {
        checkout = directory.resolve("check out");
        copy("scripts/covey", "scripts/covey");
        copy("scripts/cluster", "scripts/cluster");
        Files.createDirectories(checkout.resolve("modules/server/src/main"));
        for (String file : List.of("pom.xml", "modules/server/pom.xml")) {
            Files.writeString(checkout.resolve(file), "");
        }
        Files.createDirectories(checkout.resolve(".mvn"));
        script(
                directory.resolve("bin/mvn"),
                "echo built >>'" + directory + "/builds'; d=modules/server/target/dist/bin; mkdir -p $d;"
                        + " echo 'echo launched \"$@\"' >$d/covey");
        environment.put("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"));
    }

    private void copy(String from, String to) throws IOException {
        Path target = checkout.resolve(to);
        Files.createDirectories(target.getParent());
        Files.copy(
                SOURCES.resolve(from), target, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private Ended run(Path script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(Arrays.asList(arguments));
        Path told = directory.resolve("told");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(told.toFile());
        List.of("COVEY_DIST", "COVEY_CLUSTER_DIR", "COVEY_CLUSTER_BASE", "JAVA_HOME")
                .forEach(builder.environment()::remove);
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
        return new Ended(process.exitValue(), Files.readString(told));
    }

    private int builds() throws IOException {
        Path builds = directory.resolve("builds");
        return Files.exists(builds) ? Files.readAllLines(builds).size() : 0;
    }

    @Test
    void itBuildsOnceAndRunsThroughALinkFromAnotherDirectory() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("bin/covey"), checkout.resolve("scripts/covey"));

        Ended first = run(link, "check", "--set", "node.name=a b");
        Ended second = run(checkout.resolve("scripts/covey"), "check");

        assertThat(first.told()).endsWith("launched check --set node.name=a b\n");
        assertThat(second).isEqualTo(new Ended(0, "launched check\n"));
        assertThat(builds()).isOne();
    }

    @Test
    void aDistributionThatAnotherStartTakesAwayMeanwhileIsWaitedFor() throws Exception {
        run(checkout.resolve("scripts/covey"), "check");
        Path once = directory.resolve("once");
        // As another start does that finds it older than the sources, while this one looks.
        script(
                directory.resolve("bin/find"),
                "[ -f '" + once + "' ] || { touch '" + once + "'; rm -rf '" + checkout
                        + "/modules/server/target/dist'; }; exec /usr/bin/find \"$@\"");

        Ended ended = run(checkout.resolve("scripts/covey"), "check");

        assertThat(ended.told()).endsWith("launched check\n");
        assertThat(ended.status()).isZero();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void aDistributionOfTheOperatorsIsTakenAndNeverBuiltOver() throws Exception {
        Path own = directory.resolve("own dist");
        script(own.resolve("bin/covey"), "echo own \"$@\"");
        environment.put("COVEY_DIST", own.toString());

        assertThat(run(checkout.resolve("scripts/covey"), "check")).isEqualTo(new Ended(0, "own check\n"));
        assertThat(builds()).isZero();
        assertThat(run(checkout.resolve("scripts/covey"), "build").status()).isZero();
        assertThat(run(checkout.resolve("scripts/covey"), "build", "--if-needed")
                        .status())
                .isZero();

        assertThat(builds()).isOne();
        assertThat(own.resolve("bin/covey")).exists();
        assertThat(own.resolve("complete")).doesNotExist();
    }

    @Test
    void whatIsMissingIsToldInOneLine() throws Exception {
        environment.put("COVEY_DIST", directory.resolve("none").toString());
        assertThat(run(checkout.resolve("scripts/covey"), "check"))
                .isEqualTo(new Ended(
                        MISTAKE,
                        "covey: COVEY_DIST: '" + directory
                                + "/none' is not allowed; it takes the directory of a distribution, which has"
                                + " bin/covey\n"));
        copy("modules/server/src/main/dist/bin/covey", "dist/bin/covey");
        environment.put("COVEY_DIST", checkout.resolve("dist").toString());
        environment.put("JAVA_HOME", directory.resolve("no java").toString());
        assertThat(run(checkout.resolve("scripts/covey"), "check"))
                .isEqualTo(new Ended(
                        MISTAKE,
                        "covey: there is no Java at '" + directory
                                + "/no java/bin/java'; install version 17 or newer, or name its directory in"
                                + " JAVA_HOME\n"));
    }

    @Test
    void anOldJavaIsToldInOneLineAndTheLauncherMayBeALink() throws Exception {
        copy("modules/server/src/main/dist/bin/covey", "dist/bin/covey");
        Path link = Files.createSymbolicLink(directory.resolve("bin/covey"), checkout.resolve("dist/bin/covey"));
        Path java = directory.resolve("a java");
        script(java.resolve("bin/java"), "for argument; do echo \"$argument\"; done");
        environment.put("JAVA_HOME", java.toString());

        Files.writeString(java.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
        assertThat(run(link, "check"))
                .isEqualTo(new Ended(
                        MISTAKE,
                        "covey: '" + java + "/bin/java' is Java 11; it takes 17 or newer, named in JAVA_HOME\n"));
        Files.writeString(java.resolve("release"), "JAVA_VERSION=\"17.0.2\"\n");
        environment.put("COVEY_JAVA_OPTS", "-Xmx1g -Dany=*");

        assertThat(run(link, "check").told().lines())
                .contains("-Xmx1g", "-Dany=*", checkout.resolve("dist/lib") + "/*", "check")
                .doesNotContain("");
    }

    @Test
    void aNumberWhereNoneBelongsEndsNoOtherNodes() throws Exception {
        Path state = aClusterOfWhichNodeOneIs(ProcessHandle.current().pid());

        for (List<String> mistake : List.of(
                List.of("down", "1"),
                List.of("status", "1"),
                List.of("kill", "1", "2"),
                List.of("kill", "0"),
                List.of("kill", "../1"),
                List.of("kill"),
                List.of("nothing"))) {
            assertThat(run(checkout.resolve("scripts/cluster"), mistake.toArray(String[]::new))
                            .status())
                    .as("%s", mistake)
                    .isEqualTo(MISTAKE);
        }
        assertThat(state.resolve("1/pid")).exists();
        environment.put("COVEY_CLUSTER_BASE", "65000");
        assertThat(run(checkout.resolve("scripts/cluster"), "status"))
                .isEqualTo(new Ended(
                        MISTAKE,
                        "cluster: COVEY_CLUSTER_BASE: '65000' is not allowed; it takes a port from 1 to 41000\n"));
    }

    /** As after a restart of the machine, when another program has the number. */
    @Test
    void aProcessThatIsNoNodeIsNotSignalled() throws Exception {
        Process other = new ProcessBuilder("sleep", "600").start();
        try {
            Path state = aClusterOfWhichNodeOneIs(other.pid());
            Path script = checkout.resolve("scripts/cluster");

            assertThat(run(script, "kill", "1")).isEqualTo(new Ended(1, "cluster: node 1 is not running\n"));
            assertThat(run(script, "status").told()).isEqualTo("node 1 is down\n");
            assertThat(run(script, "down").status()).isZero();

            assertThat(other.isAlive()).isTrue();
            assertThat(state).doesNotExist();
            assertThat(run(script, "start", "1"))
                    .isEqualTo(new Ended(1, "cluster: there is no cluster; start one with scripts/cluster up N\n"));
        } finally {
            other.destroyForcibly();
        }
    }

    private Path aClusterOfWhichNodeOneIs(long pid) throws IOException {
        Path state = directory.resolve("the cluster");
        Files.createDirectories(state.resolve("1"));
        Files.writeString(state.resolve("size"), "1\n");
        Files.writeString(state.resolve("options"), "");
        Files.writeString(state.resolve("1/pid"), pid + "\n");
        environment.put("COVEY_CLUSTER_DIR", "the cluster"); // also a relative one
        return state;
    }
}
