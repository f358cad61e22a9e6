package io.covey.broker;

import io.covey.protocol.Auth;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.Subscription;
import io.covey.session.ConnectionEffects;
import io.covey.session.ConnectionEvent;
import io.covey.session.EndOfConnection;
import io.covey.session.OpenRequest;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Leads what a connection's state machine wants done to who does it: the wire, the publish pipeline, the subscriptions, the session's queue. Counts
 * what the connection drops. Owned by the shard's loop.
 */
final class ClientEffects implements ConnectionEffects {
    private final ShardConnection client;
    private final Shard shard;
    private final WireOutput output;
    private final PublishPipeline pipeline;
    private final ConnectionSubscriptions subscriptions;
    private final DeliveryProgress progress;
    private @Nullable Map<ConnectionEvent, Long> drops;

    ClientEffects(
            ShardConnection client,
            Shard shard,
            WireOutput output,
            PublishPipeline pipeline,
            ConnectionSubscriptions subscriptions,
            DeliveryProgress progress) {
        this.client = client;
        this.shard = shard;
        this.output = output;
        this.pipeline = pipeline;
        this.subscriptions = subscriptions;
        this.progress = progress;
    }

    // To the wire.

    @Override
    public void send(ControlPacket packet) {
        output.send(packet);
    }

    @Override
    public void sendPublish(
            Message message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int[] subscriptionIds,
            int topicAlias) {
        output.sendPublish(message, packetId, qos, dup, retain, subscriptionIds, topicAlias);
        progress.sent(message, qos, dup, retain, shard.lastMillis());
    }

    @Override
    public void reading(boolean on) {
        output.reading(on);
    }

    @Override
    public void close() {
        output.close();
    }

    // From CONNECT to the session, and the end.

    @Override
    public void authenticate(Connect connect) {
        client.opening().authenticate(connect);
    }

    @Override
    public void authenticateFurther(Auth packet) {
        client.opening().authenticateFurther(packet);
    }

    @Override
    public void open(OpenRequest request) {
        client.open(request);
    }

    @Override
    public void ended(EndOfConnection end) {
        client.ended(end);
    }

    @Override
    public void wakeAt(long millis) {
        client.wakeAt(millis);
    }

    // To buckets and routes.

    @Override
    public void publish(long token, Message message, int packetId) {
        pipeline.publish(token, message, packetId);
    }

    @Override
    public void release(int packetId) {
        pipeline.release(packetId);
    }

    @Override
    public void subscribe(int packetId, List<Subscription> wanted) {
        subscriptions.subscribe(packetId, wanted);
    }

    @Override
    public void unsubscribe(int packetId, List<String> filters) {
        subscriptions.unsubscribe(packetId, filters);
    }

    @Override
    public void acknowledged(long sequence) {
        client.queue().acknowledgements().released(sequence);
    }

    @Override
    public void received(long sequence) {
        client.queue().acknowledgements().received(sequence);
    }

    @Override
    public void fetch(long fromSequence) {
        client.queue().fetch(fromSequence);
    }

    // To metrics and the log.

    @Override
    public void report(ConnectionEvent event, ReasonCode reason) {
        if (event.isDrop()) {
            Map<ConnectionEvent, Long> counted = drops == null ? new EnumMap<>(ConnectionEvent.class) : drops;
            counted.merge(event, 1L, Long::sum);
            drops = counted;
        }
        shard.events.connection(output.listener(), client.clientId(), event, reason);
    }

    /** What this connection has dropped, by reason. */
    Map<ConnectionEvent, Long> drops() {
        return drops == null ? Map.of() : drops;
    }
}
