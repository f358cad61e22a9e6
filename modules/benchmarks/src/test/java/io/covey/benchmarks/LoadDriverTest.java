package io.covey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class LoadDriverTest {

    @Test
    void wrongArgumentsAreToldInOneLineWithExitCode2() {
        assertRefused("--qos is 0, 1 or 2", "dense", "--qos", "3");
        assertRefused("--payload is from 20 to 131072", "dense", "--payload", "19");
        assertRefused("--mqtt-version is 4 or 5", "dense", "--mqtt-version", "3");
        assertRefused("--lag is from 50 to 1000000", "dense", "--lag", "49");
        assertRefused("--seconds is from 1 to 86400", "sparse", "--seconds", "0");
        assertRefused("--rate is from 0.001 to 1000000", "sparse", "--rate", "0");
        assertRefused("offline needs --qos 1 or 2", "offline", "--qos", "0");
        assertRefused("--publishers is from 1 to 10", "offline", "--sessions", "10", "--publishers", "11");
        assertRefused("transient has no --persistent; dense has", "transient", "--persistent");
        assertRefused("'localhost' is not host:port", "dense", "--nodes", "localhost");
    }

    @Test
    void aProcessThatIsNotThereEndsTheRunBeforeItStarts() {
        StringWriter told = new StringWriter();

        assertThat(execute(told, "dense", "--pid", "999999999")).isEqualTo(1);
        assertThat(told.toString()).contains("failed: there is no /proc/999999999/stat");
    }

    @Test
    void nodesAreHostAndPort() {
        assertThat(NodeAddress.parse("127.0.0.2:1883")).isEqualTo(new NodeAddress("127.0.0.2", 1883));
        assertThat(NodeAddress.parse("[::1]:1883")).isEqualTo(new NodeAddress("::1", 1883));
        assertThat(NodeAddress.parse("[::1]:1883")).hasToString("[::1]:1883");
        for (String wrong : new String[] {"", ":1883", "a:", "a:0", "a:65536", "a:-1", "a:18x3"}) {
            assertThatThrownBy(() -> NodeAddress.parse(wrong))
                    .as("'%s'", wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void cpuTimeIsReadBehindANameWithBlanksAndParentheses() {
        String stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 30 0 0 20 0 1 0 5 6 7";

        assertThat(ProcessMeter.cpuMicros(stat)).isEqualTo(2_800_000);
        assertThat(ProcessMeter.hostBusyMicros("cpu  1 2 4 800 1600 8 16 32 64 0\ncpu0 1 2\n"))
                .isEqualTo(630_000);
        assertThat(ProcessMeter.statusKibibytes("Name:\tx\nVmRSS:\t  5120 kB\n", "VmRSS:"))
                .isEqualTo(5_120);
        assertThat(ProcessMeter.cpuMicros(ProcessHandle.current().pid())).isPositive();
    }

    @Test
    void aReportIsOneLineOfJsonAndNamesItsFaults() {
        Report report = new Report().put("label", "a\"b").put("rate", 1.5).put("cpu", Double.NaN);
        assertThat(report.json())
                .isEqualTo("{\"label\":\"a\\\"b\",\"rate\":1.500,\"cpu\":null,\"ok\":true,\"faults\":[]}");

        report.requireNone(0, "lost").requireNone(2, "duplicates");

        assertThat(report.isGood()).isFalse();
        assertThat(report.json()).endsWith("\"ok\":false,\"faults\":[\"2 duplicates\"]}");
        assertThat(report.sentence()).endsWith("; WRONG: 2 duplicates");
    }

    private static void assertRefused(String sentence, String... args) {
        StringWriter told = new StringWriter();

        assertThat(execute(told, args)).as(String.join(" ", args)).isEqualTo(2);
        assertThat(told.toString()).contains(sentence);
    }

    private static int execute(StringWriter told, String... args) {
        CommandLine commandLine = LoadDriver.commandLine();
        commandLine.setErr(new PrintWriter(told, true));
        return commandLine.execute(args);
    }
}
