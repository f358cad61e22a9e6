package io.covey.session;

/** Turns reading from the client off while there is any reason to, and on when there is none. */
final class ReadingGate {
    /** The session is not open yet. */
    static final int OPENING = 1;
    /** Too many publishes are in work. */
    static final int PUBLISHES = 2;
    /** Too many SUBSCRIBEs and UNSUBSCRIBEs are in work. */
    static final int REQUESTS = 4;
    /** The client asks for answers but does not read them. */
    static final int OUTPUT = 8;

    private final ConnectionEffects effects;
    private int reasons;

    ReadingGate(ConnectionEffects effects) {
        this.effects = effects;
    }

    /** Adds a reason not to read. */
    void hold(int reason) {
        boolean wasOpen = reasons == 0;
        reasons |= reason;
        if (wasOpen) {
            effects.reading(false);
        }
    }

    /** Removes a reason not to read. */
    void release(int reason) {
        if ((reasons & reason) != 0) {
            reasons &= ~reason;
            if (reasons == 0) {
                effects.reading(true);
            }
        }
    }

    /** Whether it is the broker that is slow: then silence from the client says nothing. */
    boolean isHeldByBroker() {
        return (reasons & ~OUTPUT) != 0;
    }
}
