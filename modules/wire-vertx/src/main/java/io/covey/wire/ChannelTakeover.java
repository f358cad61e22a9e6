package io.covey.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.vertx.core.internal.net.NetSocketInternal;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes the connections of one listener over from vertx-mqtt: of the pipeline that it has set up, TLS and the WebSocket codec stay, its
 * packet codec, its timers and the handler that leads to its endpoint go, and {@link MqttChannel} gets the bytes. Counts the connections.
 */
final class ChannelTakeover {
    /** An upgrade request has no body, and what is sent with it is not worth more memory. */
    private static final int UPGRADE_BODY_BYTES_MAX = 4096;

    /** The name of {@link MqttChannel} in the pipeline. */
    static final String MQTT = "covey";

    private final ListenerSettings settings;
    private final ConnectionAcceptor acceptor;
    private final ConnectionGate gate;
    private final WriteBufferWaterMark waterMark;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();

    ChannelTakeover(ListenerSettings settings, ConnectionAcceptor acceptor, ConnectionGate gate) {
        this.settings = settings;
        this.acceptor = acceptor;
        this.gate = gate;
        waterMark = new WriteBufferWaterMark(
                settings.limits().writeHighBytes() / 2, settings.limits().writeHighBytes());
    }

    int connections() {
        return connections.get();
    }

    long refused() {
        return refused.get();
    }

    /** Runs on the connection's loop, after vertx-mqtt's handlers were added and before a byte was read. */
    void take(VertxShardLoop loop, NetSocketInternal socket) {
        Channel channel = socket.channelHandlerContext().channel();
        assert channel.eventLoop() == loop.eventLoop() : "the connection is on another loop than its shard";
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.remove("mqttEncoder");
        pipeline.remove("mqttDecoder");
        pipeline.remove("idle");
        pipeline.remove("timeoutOnConnect");
        pipeline.remove("handler");
        if (!isTaken()) {
            refused.incrementAndGet();
            MqttChannel.closeNow(channel);
            return;
        }
        channel.config().setWriteBufferWaterMark(waterMark);
        MqttChannel mqtt = new MqttChannel(channel, loop, settings, acceptor, gate);
        channel.closeFuture().addListener(closed -> {
            connections.decrementAndGet();
            gate.left(mqtt.isHalfOpen());
        });
        switch (settings.type()) {
            case TCP -> pipeline.addLast(MQTT, mqtt);
            case WEBSOCKET -> upgradeFirst(pipeline, mqtt);
        }
    }

    private boolean isTaken() {
        if (connections.incrementAndGet() > settings.limits().connectionsMax()) {
            gate.refused(settings.name(), ConnectionGate.Refusal.LISTENER_CONNECTIONS);
        } else if (gate.enter(settings.name()) == null) {
            return true;
        }
        connections.decrementAndGet();
        return false;
    }

    /** Netty's upgrade and frame codec stay as vertx-mqtt has set them up. */
    private void upgradeFirst(ChannelPipeline pipeline, MqttChannel mqtt) {
        pipeline.remove("bytebuf2wsEncoder");
        pipeline.remove("ws2bytebufDecoder");
        // It takes its limit from the frames, which may be large; before the upgrade nobody may hold so much.
        pipeline.replace("aggregator", "aggregator", new HttpObjectAggregator(UPGRADE_BODY_BYTES_MAX));
        pipeline.addAfter("aggregator", "upgrade", new WebSocketUpgrade(settings.webSocketPath()));
        pipeline.addLast("frames", new WebSocketBytes(mqtt));
    }
}
