package io.covey.server;

import io.covey.auth.PasswordFile;
import io.covey.auth.PasswordFileException;
import io.covey.config.ConfigurationException;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code covey passwd}: one user's line in a password file. A running node takes the change within seconds. */
@Command(name = "passwd", description = "Adds, changes or deletes a user of a password file.")
final class PasswordCommand implements Runnable {
    @Parameters(index = "0", paramLabel = "FILE", description = "the password file; begun where there is none")
    Path file = Path.of("");

    @Parameters(index = "1", paramLabel = "USER", description = "the user's name")
    String user = "";

    @Option(names = "--delete", description = "deletes the user")
    boolean delete;

    @Option(names = "--password-stdin", description = "takes the password from the first line of standard input")
    boolean fromStandardInput;

    @Override
    public void run() {
        try {
            PasswordFile before = present(); // told of a mistake in it before anybody types
            if (!delete) {
                byte[] password = password();
                present().with(user, password).write(file); // typing takes long enough for another to change it
            } else if (before.has(user)) {
                before.without(user).write(file);
            } else {
                throw new ConfigurationException(file + " has no user '" + user + "'");
            }
        } catch (PasswordFileException mistake) {
            throw new ConfigurationException(String.valueOf(mistake.getMessage()));
        }
    }

    private PasswordFile present() throws PasswordFileException {
        return Files.exists(file) || delete ? PasswordFile.read(file) : PasswordFile.empty();
    }

    private byte[] password() {
        return (fromStandardInput ? firstLine() : typed()).getBytes(StandardCharsets.UTF_8);
    }

    private static String firstLine() {
        try {
            @Nullable
            String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            throw new ConfigurationException("cannot read the password from standard input: " + e.getMessage());
        }
    }

    /** Asks twice, without showing what is typed. */
    @SuppressWarnings(
            "SystemConsoleNull") // from JDK 22 on it is null without a terminal where jdk.console is java.base
    private static String typed() {
        Console console = System.console();
        if (console == null) {
            throw new ConfigurationException("no terminal to ask for the password at; use --password-stdin");
        }
        char[] first = console.readPassword("password: ");
        char[] second = console.readPassword("again: ");
        if (first == null || second == null || !Arrays.equals(first, second)) {
            throw new ConfigurationException("the two passwords differ; nothing was changed");
        }
        return new String(first);
    }
}
