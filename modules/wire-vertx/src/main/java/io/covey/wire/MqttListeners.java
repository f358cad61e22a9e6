package io.covey.wire;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.net.NetServerInternal;
import io.vertx.mqtt.MqttServer;
import io.vertx.mqtt.MqttServerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The open listeners of a node. Each is one listening socket that Vert.x shares between the loops of all shards: it deals accepted
 * connections to them in turn, listener by listener, and a connection stays on its loop. May be used from any thread.
 */
public final class MqttListeners {
    /** Vert.x shares a socket with "any port" between verticles that name the same negative port; every such listener takes the next. */
    private static final AtomicInteger ANY_PORT = new AtomicInteger();

    private static final int FRAME_BYTES_BEYOND_PACKET = 1 << 16;

    private final Map<String, Listener> listeners;

    private MqttListeners(Map<String, Listener> listeners) {
        this.listeners = Map.copyOf(listeners);
    }

    private record Listener(ChannelTakeover takeover, int port, List<NetServerInternal> servers) {}

    /**
     * Opens all listeners, in their order. When one cannot be opened, those before it are closed again and the future fails with a
     * {@link ListenerFailure}.
     */
    public static Future<MqttListeners> open(
            VertxLoops loops, List<ListenerSettings> settings, ConnectionAcceptor acceptor, ConnectionGate gate) {
        Promise<MqttListeners> done = Promise.promise();
        openNext(loops, settings.iterator(), acceptor, gate, new LinkedHashMap<>(), done);
        return done.future();
    }

    /** Opens all listeners, without a limit for all of them together. */
    static Future<MqttListeners> open(VertxLoops loops, List<ListenerSettings> settings, ConnectionAcceptor acceptor) {
        return open(loops, settings, acceptor, ConnectionGate.open());
    }

    private static void openNext(
            VertxLoops loops,
            Iterator<ListenerSettings> settings,
            ConnectionAcceptor acceptor,
            ConnectionGate gate,
            Map<String, Listener> open,
            Promise<MqttListeners> done) {
        if (!settings.hasNext()) {
            done.complete(new MqttListeners(open));
            return;
        }
        ListenerSettings next = settings.next();
        open(loops, next, acceptor, gate)
                .onComplete(
                        listener -> {
                            if (open.putIfAbsent(next.name(), listener) != null) {
                                closeAfterFailure(
                                        open,
                                        new IllegalArgumentException("two listeners are named " + next.name()),
                                        done);
                            } else {
                                openNext(loops, settings, acceptor, gate, open, done);
                            }
                        },
                        failure -> closeAfterFailure(open, new ListenerFailure(next, failure), done));
    }

    private static void closeAfterFailure(
            Map<String, Listener> open, RuntimeException failure, Promise<MqttListeners> done) {
        new MqttListeners(open).close(Duration.ZERO).onComplete(closed -> done.fail(failure));
    }

    private static Future<Listener> open(
            VertxLoops loops, ListenerSettings settings, ConnectionAcceptor acceptor, ConnectionGate gate) {
        int port = settings.port() == 0 ? ANY_PORT.decrementAndGet() : settings.port();
        ChannelTakeover takeover = new ChannelTakeover(settings, acceptor, gate);
        List<NetServerInternal> servers = new ArrayList<>();
        List<Future<NetServerInternal>> opened = new ArrayList<>();
        for (VertxShardLoop loop : loops.shardLoops()) {
            opened.add(listen(loops.vertx(), loop, settings, port, takeover));
        }
        return Future.join(opened)
                .map(all -> {
                    opened.forEach(one -> servers.add(one.result()));
                    return new Listener(takeover, servers.get(0).actualPort(), List.copyOf(servers));
                })
                .recover(failure -> {
                    // Those that came too late to fail would go on listening.
                    opened.stream().filter(Future::succeeded).forEach(one -> one.result()
                            .close());
                    return Future.failedFuture(failure);
                });
    }

    private static Future<NetServerInternal> listen(
            Vertx vertx, VertxShardLoop loop, ListenerSettings settings, int port, ChannelTakeover takeover) {
        Promise<NetServerInternal> done = Promise.promise();
        loop.context().runOnContext(ignored -> {
            CorrectedVertx corrected = new CorrectedVertx((VertxInternal) vertx, socket -> takeover.take(loop, socket));
            MqttServer.create(corrected, options(settings))
                    .endpointHandler(endpoint -> {
                        throw new IllegalStateException("vertx-mqtt saw a packet");
                    })
                    .listen(port, settings.host())
                    .<NetServerInternal>map(listening -> corrected.server())
                    .onComplete(done);
        });
        return done.future();
    }

    private static MqttServerOptions options(ListenerSettings settings) {
        MqttServerOptions options = new MqttServerOptions();
        options.setUseWebSocket(settings.type() == ListenerSettings.Type.WEBSOCKET);
        // [MQTT-6.0.0-2]: a frame may carry a little more than one packet of the largest size; the codec holds it
        // whole.
        options.setWebSocketMaxFrameSize((int)
                Math.min(Integer.MAX_VALUE, (long) settings.limits().packetBytesMax() + FRAME_BYTES_BEYOND_PACKET));
        options.setPerFrameWebSocketCompressionSupported(false);
        options.setPerMessageWebSocketCompressionSupported(false);
        options.setTimeoutOnConnect(0); // the connection watches this itself
        options.setTcpNoDelay(true);
        return options;
    }

    /** The port that this listener listens on. */
    public int port(String listener) {
        return listener(listener).port();
    }

    /** How many connections this listener has now. */
    public int connections(String listener) {
        return listener(listener).takeover().connections();
    }

    /** How many connections this listener has closed at once because it had as many as it may have. */
    public long refused(String listener) {
        return listener(listener).takeover().refused();
    }

    private Listener listener(String name) {
        Listener listener = listeners.get(name);
        if (listener == null) {
            throw new NoSuchElementException("no listener is named " + name);
        }
        return listener;
    }

    /**
     * Stops accepting at once, and waits for the connections to end. The first call counts; what comes after it changes nothing.
     *
     * @param patience after this time the connections that are left are closed; completes earlier when none is left
     */
    public Future<Void> close(Duration patience) {
        List<Future<Void>> closed = new ArrayList<>();
        for (Listener listener : listeners.values()) {
            for (NetServerInternal server : listener.servers()) {
                closed.add(server.shutdown(patience));
            }
        }
        return Future.join(closed).mapEmpty();
    }
}
