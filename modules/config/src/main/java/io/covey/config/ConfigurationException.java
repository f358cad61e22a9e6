package io.covey.config;

/** An operator's mistake: the message is one line that names the key or file, the value and what is allowed. The start stops with it. */
public final class ConfigurationException extends RuntimeException {
    /** @param message one complete line for the operator */
    public ConfigurationException(String message) {
        super(message, null, false, false);
    }
}
