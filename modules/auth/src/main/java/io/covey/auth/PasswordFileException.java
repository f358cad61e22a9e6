package io.covey.auth;

/** A password file cannot be read, or a line of it is wrong: an operator's mistake, told in one line without any hash. */
public final class PasswordFileException extends Exception {
    /** @param message one complete line for the operator */
    PasswordFileException(String message) {
        super(message, null, false, false);
    }
}
