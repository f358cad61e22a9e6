package io.covey.observability;

import io.covey.broker.LiveConnection;
import io.covey.broker.SessionReport;
import io.covey.bucket.Result.SessionDescription;
import io.covey.protocol.ProtocolVersion;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A session in JSON. Field names are part of the interface: they are added to, not changed. */
final class SessionJson {
    private static final long NEVER_SECONDS = 0xFFFF_FFFFL;

    private SessionJson() {}

    /** @param nowMillis cluster time */
    static JsonObject of(SessionReport report, long nowMillis) {
        SessionDescription session = report.session();
        LiveConnection live = report.live();
        JsonObject json = new JsonObject()
                .put("clientId", session.clientId())
                .put("connected", session.owner() != null)
                .put(
                        "sending",
                        new JsonObject().put("state", lower(report.state())).put("reason", report.reason()))
                .put("epoch", session.epoch())
                .put("owner", owner(session.owner()))
                .put("expirySeconds", session.expirySeconds() == NEVER_SECONDS ? null : session.expirySeconds())
                .put("neverExpires", session.expirySeconds() == NEVER_SECONDS)
                .put("disconnectedAt", time(session.disconnectedAtMillis()))
                .put("subscriptions", subscriptions(report))
                .put("queue", queue(report, nowMillis))
                .put("receivedUnreleased", session.receivedUnreleased())
                .put("drops", drops(report));
        return json.put("connection", live == null ? null : connection(live));
    }

    private static @Nullable JsonObject owner(@Nullable ShardAddress owner) {
        return owner == null
                ? null
                : new JsonObject().put("node", Long.toString(owner.node())).put("shard", owner.shard());
    }

    private static @Nullable String time(long millis) {
        return millis < 0 ? null : Instant.ofEpochMilli(millis).toString();
    }

    private static JsonArray subscriptions(SessionReport report) {
        JsonArray array = new JsonArray();
        for (Subscription subscription : report.subscriptions()) {
            array.add(new JsonObject()
                    .put("filter", subscription.filter())
                    .put("qos", subscription.qos().value())
                    .put("noLocal", subscription.noLocal())
                    .put("retainAsPublished", subscription.retainAsPublished())
                    .put("retainHandling", subscription.retainHandling())
                    .put(
                            "subscriptionIdentifier",
                            subscription.subscriptionId() == 0 ? null : subscription.subscriptionId()));
        }
        return array;
    }

    private static JsonObject queue(SessionReport report, long nowMillis) {
        SessionDescription session = report.session();
        long oldest = session.oldestPublishedAtMillis();
        LiveConnection live = report.live();
        return new JsonObject()
                .put("messages", session.queueMessages())
                .put("bytes", session.queueBytes())
                .put("oldestAgeSeconds", oldest < 0 ? null : Math.max(0, nowMillis - oldest) / 1_000.0)
                .put("waiting", report.waiting())
                .put("inFlight", live == null ? session.inFlight() : live.view().inFlight());
    }

    private static JsonObject drops(SessionReport report) {
        JsonObject drops = new JsonObject()
                .put("queue_full", report.session().droppedByQueueLimit())
                .put("expired", report.session().droppedByExpiry());
        LiveConnection live = report.live();
        if (live != null) {
            live.drops().forEach((event, count) -> {
                String reason = lower(event).substring("dropped_".length());
                drops.put(reason, drops.getLong(reason, 0L) + count);
            });
        }
        return drops;
    }

    private static JsonObject connection(LiveConnection live) {
        return new JsonObject()
                .put("protocolVersion", version(live.view().version()))
                .put("listener", live.listener())
                .put("remoteAddress", live.remoteAddress())
                .put("connectedAt", time(live.view().connectedAtMillis()))
                .put("lastSentAt", time(live.sentAtMillis()))
                .put(
                        "stuck",
                        new JsonObject()
                                .put("now", live.stuck().now())
                                .put("times", live.stuck().times())
                                .put("lastAt", time(live.stuck().lastAtMillis())))
                .put("keepAliveSeconds", live.view().keepAliveSeconds())
                .put("receiveMaximum", live.view().receiveMaximum())
                .put("publishesPending", live.view().publishesPending())
                .put("writable", live.view().writable());
    }

    private static String version(ProtocolVersion version) {
        return switch (version) {
            case V3_1 -> "3.1";
            case V3_1_1 -> "3.1.1";
            case V5 -> "5.0";
        };
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
