package io.covey.wire;

/** A listener could not be opened: an operator's error, told in one line that names the listener and its address. */
public final class ListenerFailure extends RuntimeException {
    private final String listener;
    private final String address;

    ListenerFailure(ListenerSettings settings, Throwable cause) {
        super(
                "listeners." + settings.name() + ".port: cannot listen on " + address(settings) + ": " + reason(cause),
                cause,
                false,
                false);
        listener = settings.name();
        address = address(settings);
    }

    /** The listener's name. */
    public String listener() {
        return listener;
    }

    /** What it was to listen on, as host:port. */
    public String address() {
        return address;
    }

    private static String address(ListenerSettings settings) {
        return settings.host() + ":" + settings.port();
    }

    private static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
