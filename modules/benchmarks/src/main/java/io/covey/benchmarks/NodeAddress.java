package io.covey.benchmarks;

import java.net.InetSocketAddress;

/** Where a broker node listens: {@code host:port}, an IPv6 host in brackets. */
record NodeAddress(String host, int port) {

    /** @throws IllegalArgumentException with a sentence for the operator */
    static NodeAddress parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException("'" + text + "' is not host:port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port = portNumber(text.substring(colon + 1));
        if (host.isEmpty() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException("'" + text + "' is not host:port with a port of 1 to 65535");
        }
        return new NodeAddress(host, port);
    }

    private static int portNumber(String digits) {
        return digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
    }

    /** Whether connections can also start from other addresses of 127.0.0.0/8. */
    boolean isLoopback() {
        return host.equals("localhost") || host.startsWith("127.");
    }

    InetSocketAddress socketAddress() {
        return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
