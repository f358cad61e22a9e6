package io.covey.wire;

/**
 * One listener as the operator wants it.
 *
 * @param name in logs and metrics; unique among the listeners of a node
 * @param host the address to listen on, such as {@code 0.0.0.0}
 * @param port 0 takes any free port, see {@link MqttListeners#port}
 * @param webSocketPath the path of the WebSocket upgrade; without meaning for TCP
 * @param maximumPacketBytes a larger packet from a client is refused with 0x95; also bounds what is held of an incomplete packet
 * @param maximumConnectBytes a larger CONNECT is refused; also bounds what is held of a packet before CONNACK
 * @param userPropertiesMax a packet with more User Properties is refused with 0x97
 * @param connectionsMax connections beyond it are closed as they are accepted
 * @param writeHighBytes with more than this waiting towards a client it is not writable, until less than half of it waits
 */
public record ListenerSettings(
        String name,
        Type type,
        String host,
        int port,
        String webSocketPath,
        int maximumPacketBytes,
        int maximumConnectBytes,
        int userPropertiesMax,
        int connectionsMax,
        int writeHighBytes) {
    private static final int PORT_MAX = 65_535;
    private static final int MAXIMUM_PACKET_BYTES = 1 << 20;
    private static final int MAXIMUM_CONNECT_BYTES = 1 << 17;
    private static final int USER_PROPERTIES_MAX = 256;
    private static final int WRITE_HIGH_BYTES = 1 << 16;

    /** What carries the packets. */
    public enum Type {
        TCP,
        WEBSOCKET
    }

    public ListenerSettings {
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("listener " + name + ": port " + port + " is not between 0 and 65535");
        }
        if (!webSocketPath.startsWith("/")) {
            throw new IllegalArgumentException(
                    "listener " + name + ": path " + webSocketPath + " does not begin with /");
        }
        if (maximumPacketBytes < 2
                || maximumConnectBytes < 2
                || userPropertiesMax < 0
                || connectionsMax < 1
                || writeHighBytes < 2) {
            throw new IllegalArgumentException("listener " + name + ": a limit is too small: " + maximumPacketBytes
                    + ", " + maximumConnectBytes + ", " + connectionsMax + ", " + writeHighBytes);
        }
    }

    /** A TCP listener with the default limits. */
    public static ListenerSettings tcp(String name, String host, int port) {
        return of(name, Type.TCP, host, port);
    }

    /** A WebSocket listener at {@code /mqtt} with the default limits. */
    public static ListenerSettings webSocket(String name, String host, int port) {
        return of(name, Type.WEBSOCKET, host, port);
    }

    private static ListenerSettings of(String name, Type type, String host, int port) {
        return new ListenerSettings(
                name,
                type,
                host,
                port,
                "/mqtt",
                MAXIMUM_PACKET_BYTES,
                MAXIMUM_CONNECT_BYTES,
                USER_PROPERTIES_MAX,
                Integer.MAX_VALUE,
                WRITE_HIGH_BYTES);
    }

    /** The same with another limit of the packet size. */
    public ListenerSettings withMaximumPacketBytes(int bytes) {
        return new ListenerSettings(
                name,
                type,
                host,
                port,
                webSocketPath,
                bytes,
                maximumConnectBytes,
                userPropertiesMax,
                connectionsMax,
                writeHighBytes);
    }

    /** The same with another limit of the size of a CONNECT. */
    public ListenerSettings withMaximumConnectBytes(int bytes) {
        return new ListenerSettings(
                name,
                type,
                host,
                port,
                webSocketPath,
                maximumPacketBytes,
                bytes,
                userPropertiesMax,
                connectionsMax,
                writeHighBytes);
    }

    /** The same with another limit of User Properties. */
    public ListenerSettings withUserPropertiesMax(int max) {
        return new ListenerSettings(
                name,
                type,
                host,
                port,
                webSocketPath,
                maximumPacketBytes,
                maximumConnectBytes,
                max,
                connectionsMax,
                writeHighBytes);
    }

    /** The same with another limit of connections. */
    public ListenerSettings withConnectionsMax(int max) {
        return new ListenerSettings(
                name,
                type,
                host,
                port,
                webSocketPath,
                maximumPacketBytes,
                maximumConnectBytes,
                userPropertiesMax,
                max,
                writeHighBytes);
    }

    /** The same with another mark of what may wait towards a client. */
    public ListenerSettings withWriteHighBytes(int bytes) {
        return new ListenerSettings(
                name,
                type,
                host,
                port,
                webSocketPath,
                maximumPacketBytes,
                maximumConnectBytes,
                userPropertiesMax,
                connectionsMax,
                bytes);
    }
}
