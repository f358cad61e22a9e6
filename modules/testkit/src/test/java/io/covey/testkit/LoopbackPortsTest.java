package io.covey.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoopbackPortsTest {
    /** The other JVM: says all ports that it may use, and ends when its input does. */
    public static void main(String[] arguments) throws Exception {
        System.out.println(Arrays.toString(LoopbackPorts.free(150)));
        while (System.in.read() >= 0) {
            // Until the test has seen enough.
        }
    }

    @Test
    void theyAreDifferentAndComeInTurn() {
        Set<Integer> seen = new HashSet<>();
        for (int[] node : LoopbackPorts.free(10, 4)) {
            assertThat(node).hasSize(4);
            for (int port : node) {
                assertThat(seen.add(port)).isTrue();
            }
        }
        assertThat(Arrays.stream(LoopbackPorts.free(50)).boxed()).doesNotContainAnyElementsOf(seen);
    }

    @Test
    void aPortThatIsInUseIsLeftOut() throws Exception {
        int next = LoopbackPorts.free(1)[0];
        int[] round = LoopbackPorts.free(150);
        assertThat(round).doesNotContain(next);
        try (ServerSocket taken = new ServerSocket(round[100], 1, InetAddress.getLoopbackAddress())) {
            assertThat(LoopbackPorts.free(190)).doesNotContain(taken.getLocalPort());
        }
    }

    @Test
    void anotherJvmHasOthers() throws Exception {
        String classes =
                path(LoopbackPorts.class) + System.getProperty("path.separator") + path(LoopbackPortsTest.class);
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classes,
                        LoopbackPortsTest.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader printed = other.inputReader(StandardCharsets.UTF_8)) {
            String line = printed.readLine();
            assertThat(line).startsWith("[");
            Integer[] theirs = Arrays.stream(
                            line.substring(1, line.length() - 1).split(", "))
                    .map(Integer::valueOf)
                    .toArray(Integer[]::new);
            assertThat(theirs).hasSize(150);
            assertThat(LoopbackPorts.free(150)).doesNotContain(theirs);
        } finally {
            other.destroy();
        }
    }

    private static String path(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }
}
