package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class PasswordCommandTest {
    private static final int MISTAKE = 2;

    @TempDir
    Path directory;

    private final InputStream standardInput = System.in;
    private final StringWriter told = new StringWriter();

    @AfterEach
    void giveBackStandardInput() {
        System.setIn(standardInput);
    }

    @Test
    void aUserIsAddedAndDeleted() throws Exception {
        Path file = directory.resolve("passwords");

        assertThat(run("secret\nignored", "passwd", file.toString(), "anna", "--password-stdin"))
                .isZero();
        assertThat(run("secret", "passwd", file.toString(), "ben", "--password-stdin"))
                .isZero();
        assertThat(Files.readAllLines(file)).hasSize(2);
        assertThat(run("", "passwd", file.toString(), "anna", "--delete")).isZero();

        assertThat(Files.readString(file)).startsWith("ben:$2b$").doesNotContain("anna", "secret");
    }

    @Test
    void mistakesAreOneLineAndStatusTwo() {
        Path file = directory.resolve("passwords");

        assertThat(run("", "passwd", file.toString(), "anna", "--delete")).isEqualTo(MISTAKE);
        assertThat(run("", "passwd", file.toString(), "anna", "--password-stdin"))
                .isEqualTo(MISTAKE);
        assertThat(run("x", "passwd", file.toString(), "a:b", "--password-stdin"))
                .isEqualTo(MISTAKE);
        assertThat(run("x", "passwd", file.toString())).isEqualTo(MISTAKE);
        assertThat(run("x", "start", "--unknown")).isEqualTo(MISTAKE);

        assertThat(told.toString().lines()).hasSize(5).allMatch(line -> line.startsWith("covey: "));
        assertThat(file).doesNotExist();
    }

    private int run(String typed, String... arguments) {
        System.setIn(new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)));
        CommandLine commandLine = Main.commandLine();
        commandLine.setErr(new PrintWriter(told, true));
        return commandLine.execute(arguments);
    }
}
