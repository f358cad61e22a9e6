package io.covey.broker;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import org.jspecify.annotations.Nullable;

/** How one connection gets on with what it is to be sent: how late messages leave, and whether it is stuck. Owned by the shard's loop. */
final class DeliveryProgress {
    private final Shard shard;
    private long openedAtMillis;
    private long sentAtMillis;
    private @Nullable StuckWatch stuck;

    DeliveryProgress(Shard shard) {
        this.shard = shard;
    }

    /** CONNACK leaves. */
    void opened(long nowMillis) {
        openedAtMillis = nowMillis;
        sentAtMillis = nowMillis;
    }

    /** A PUBLISH was sent. */
    void sent(Message message, QoS qos, boolean dup, boolean retain, long nowMillis) {
        long publishedAtMillis = message.publishedAtMillis();
        // What was published while the client was away, or long before it subscribed, was not late.
        if (!dup && !retain && publishedAtMillis >= openedAtMillis && !SystemTopics.isOne(message.topic())) {
            shard.events.publishDelivered(Math.max(0, nowMillis - publishedAtMillis));
        }
        if (qos != QoS.AT_MOST_ONCE) {
            sentAtMillis = nowMillis;
            moved();
        }
    }

    /** The session's bucket has more for it than has arrived; it is asked for that. */
    void behind(boolean hasRoom, long nowMillis) {
        if (stuck == null) {
            stuck = new StuckWatch(shard.settings.upkeep().stuckMillis(), shard.events, shard::countStuck);
        }
        stuck.behind(hasRoom, nowMillis);
    }

    /** A fetch has brought something, published at this time first. */
    void fetched(boolean hasRoom, long firstPublishedAtMillis, long nowMillis) {
        if (stuck != null) {
            stuck.fetched(hasRoom, Math.max(sentAtMillis, firstPublishedAtMillis), nowMillis);
        }
    }

    /** It is sent something of its queue, or is over. */
    void moved() {
        if (stuck != null) {
            stuck.moved();
        }
    }

    /** Cluster time of the last message of QoS 1 or 2, or of CONNACK. */
    long sentAtMillis() {
        return sentAtMillis;
    }

    LiveConnection.Stuck stuck() {
        StuckWatch watch = stuck;
        return watch == null
                ? LiveConnection.Stuck.NEVER
                : new LiveConnection.Stuck(watch.isStuck(), watch.times(), watch.foundAtMillis());
    }
}
