package io.covey.server;

import io.covey.auth.PasswordFile;
import io.covey.auth.PasswordFileAuthenticator;
import io.covey.auth.PasswordFileException;
import io.covey.broker.Authenticator;
import io.covey.config.Configuration;
import io.covey.config.ConfigurationException;
import io.covey.protocol.ReasonCode;
import io.covey.session.AuthenticationStep;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Who may connect.
 *
 * @param passwordFile users and hashes, or null where nobody is asked
 * @param passwordThreads how many threads compare passwords
 * @param passwordWaiting how many clients may wait for them
 */
record AuthSettings(@Nullable Path passwordFile, boolean allowAnonymous, int passwordThreads, int passwordWaiting) {

    static AuthSettings of(Configuration configuration) {
        String file = configuration.text("auth.password-file");
        boolean allowAnonymous = configuration.isOn("auth.allow-anonymous");
        if (file.isEmpty() && !allowAnonymous) {
            throw new ConfigurationException(
                    "auth.allow-anonymous: 'false' (from "
                            + configuration.source("auth.allow-anonymous")
                            + ") is not allowed without auth.password-file, since no client could connect; set auth.password-file");
        }
        int threads = configuration.integer("auth.password-threads");
        return new AuthSettings(
                file.isEmpty() ? null : Path.of(file),
                allowAnonymous,
                threads > 0 ? threads : Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
                configuration.integer("auth.password-waiting"));
    }

    /** Reads what is named, to find mistakes. */
    void check() {
        if (passwordFile != null) {
            try {
                PasswordFile.read(passwordFile);
            } catch (PasswordFileException mistake) {
                throw mistake(passwordFile, mistake);
            }
        }
    }

    /** Opens what decides on a CONNECT, to the end of the process. */
    Authenticator open() {
        if (passwordFile == null) {
            return (connect, address, answer) -> answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS));
        }
        try {
            return PasswordFileAuthenticator.open(passwordFile, allowAnonymous, passwordThreads, passwordWaiting);
        } catch (PasswordFileException mistake) {
            throw mistake(passwordFile, mistake);
        }
    }

    private static ConfigurationException mistake(Path file, PasswordFileException mistake) {
        return new ConfigurationException("auth.password-file: '" + file + "' cannot be used: " + mistake.getMessage());
    }
}
