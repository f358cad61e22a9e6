package io.covey.server;

import java.security.Security;

/**
 * How long the virtual machine remembers what it has looked up. A headless service knows a pod's name only after the pod runs, and gives it
 * another address with each start: what was unknown is asked for again at once, and what was known soon.
 *
 * <p>Java's file of security properties sets the time for unknown names, so the system property for it alone has no effect.
 */
final class NameLookups {
    private static final String KNOWN_SECONDS = "5";
    private static final String UNKNOWN_SECONDS = "0";

    private NameLookups() {}

    /** Before the first lookup of the process; what the operator gave on the command line of Java counts more. */
    static void keepFresh() {
        Security.setProperty("networkaddress.cache.ttl", System.getProperty("sun.net.inetaddr.ttl", KNOWN_SECONDS));
        Security.setProperty(
                "networkaddress.cache.negative.ttl",
                System.getProperty("sun.net.inetaddr.negative.ttl", UNKNOWN_SECONDS));
    }
}
