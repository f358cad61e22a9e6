package io.covey.wire;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Listeners on free ports of the loopback, before a fake broker. */
final class WireFixture implements AutoCloseable {
    static final String HOST = "127.0.0.1";

    final Vertx vertx;
    final VertxLoops loops;
    final FakeBroker broker;
    final MqttListeners listeners;

    WireFixture(FakeBroker broker, int shards, ListenerSettings... settings) throws TimeoutException {
        this(broker, shards, ConnectionGate.open(), settings);
    }

    WireFixture(FakeBroker broker, int shards, ConnectionGate gate, ListenerSettings... settings)
            throws TimeoutException {
        this.broker = broker;
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(shards));
        loops = await(VertxLoops.deploy(vertx, shards, 0));
        broker.loops(loops.loops());
        listeners = await(MqttListeners.open(loops, List.of(settings), broker, gate));
    }

    /** One TCP listener and one loop. */
    static WireFixture tcp(FakeBroker broker) throws TimeoutException {
        return new WireFixture(broker, 1, ListenerSettings.tcp("tcp", HOST, 0));
    }

    static <T> T await(Future<T> future) throws TimeoutException {
        return future.await(FakeBroker.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** A client of the first listener that speaks MQTT 5.0. */
    TestClient connect() throws IOException {
        return new TestClient(listeners.port("tcp"));
    }

    @Override
    public void close() throws TimeoutException {
        await(listeners.close(Duration.ZERO));
        await(vertx.close());
    }
}
