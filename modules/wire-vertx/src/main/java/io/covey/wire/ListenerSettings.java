package io.covey.wire;

/**
 * One listener as the operator wants it.
 *
 * @param name in logs and metrics; unique among the listeners of a node
 * @param host the address to listen on, such as {@code 0.0.0.0}
 * @param port 0 takes any free port, see {@link MqttListeners#port}
 * @param webSocketPath the path of the WebSocket upgrade; without meaning for TCP
 */
public record ListenerSettings(String name, Type type, String host, int port, String webSocketPath, Limits limits) {
    private static final int PORT_MAX = 65_535;

    /** What carries the packets. */
    public enum Type {
        TCP,
        WEBSOCKET
    }

    /**
     * What one client may send, and how many there may be.
     *
     * @param packetBytesMax a larger packet from a client is refused with 0x95; also bounds what is held of an incomplete packet
     * @param connectBytesMax a larger CONNECT is refused; also bounds what is held of a packet before CONNACK
     * @param userPropertiesMax a packet with more User Properties is refused with 0x97
     * @param connectionsMax connections beyond it are closed as they are accepted
     * @param writeHighBytes with more than this waiting towards a client it is not writable, until less than half of it waits
     */
    public record Limits(
            int packetBytesMax, int connectBytesMax, int userPropertiesMax, int connectionsMax, int writeHighBytes) {
        /** Packets of 1 MiB, a CONNECT of 128 KiB, 256 User Properties, any number of connections, 64 KiB towards each. */
        public static final Limits DEFAULT = new Limits(1 << 20, 1 << 17, 256, Integer.MAX_VALUE, 1 << 16);

        public Limits {
            if (packetBytesMax < 2
                    || connectBytesMax < 2
                    || userPropertiesMax < 0
                    || connectionsMax < 1
                    || writeHighBytes < 2) {
                throw new IllegalArgumentException("a limit of a listener is too small: " + packetBytesMax + ", "
                        + connectBytesMax + ", " + userPropertiesMax + ", " + connectionsMax + ", " + writeHighBytes);
            }
        }

        /** These with other bounds of what a packet may hold. */
        public Limits withPackets(int bytesMax, int connectBytes, int userProperties) {
            return new Limits(bytesMax, connectBytes, userProperties, connectionsMax, writeHighBytes);
        }

        /** These with another limit of connections. */
        public Limits withConnectionsMax(int max) {
            return new Limits(packetBytesMax, connectBytesMax, userPropertiesMax, max, writeHighBytes);
        }

        /** These with another mark of what may wait towards a client. */
        public Limits withWriteHighBytes(int bytes) {
            return new Limits(packetBytesMax, connectBytesMax, userPropertiesMax, connectionsMax, bytes);
        }
    }

    public ListenerSettings {
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("listener " + name + ": port " + port + " is not between 0 and 65535");
        }
        if (!webSocketPath.startsWith("/")) {
            throw new IllegalArgumentException(
                    "listener " + name + ": path " + webSocketPath + " does not begin with /");
        }
    }

    /** A TCP listener with the default limits. */
    public static ListenerSettings tcp(String name, String host, int port) {
        return new ListenerSettings(name, Type.TCP, host, port, "/mqtt", Limits.DEFAULT);
    }

    /** A WebSocket listener at {@code /mqtt} with the default limits. */
    public static ListenerSettings webSocket(String name, String host, int port) {
        return new ListenerSettings(name, Type.WEBSOCKET, host, port, "/mqtt", Limits.DEFAULT);
    }

    /** The same with other limits. */
    public ListenerSettings with(Limits other) {
        return new ListenerSettings(name, type, host, port, webSocketPath, other);
    }
}
