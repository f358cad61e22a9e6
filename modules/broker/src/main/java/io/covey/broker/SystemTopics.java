package io.covey.broker;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the broker itself tells below {@code $SYS}, at this shard's clients: at QoS 0, retained here and nowhere else. It reaches no bucket, no
 * disk and no other node. Bounded by the topics that the node tells. Owned by the shard's loop.
 */
final class SystemTopics {
    private static final String ROOT = "$SYS";
    private static final String BELOW = "$SYS/";

    private final FanOut fanOut;
    private final Map<String, Message> retained = new LinkedHashMap<>();

    SystemTopics(FanOut fanOut) {
        this.fanOut = fanOut;
    }

    /** Whether the broker alone publishes to this topic. */
    static boolean isOne(String topic) {
        return topic.startsWith(BELOW);
    }

    /** Whether what this filter matches are the broker's own topics, and nothing else [MQTT-4.7.2-1]. */
    static boolean areAllOf(String filter) {
        return filter.startsWith(BELOW) || filter.equals(ROOT);
    }

    /** The newest of all topics; clients hear of those that have changed. */
    void tell(List<Message> all, long nowMillis) {
        for (Message message : all) {
            if (message.qos() != QoS.AT_MOST_ONCE || !isOne(message.topic())) {
                throw new IllegalArgumentException("the broker's own messages are of QoS 0 below $SYS");
            }
            Message before = retained.get(message.topic());
            if (before == null || !Arrays.equals(before.payload(), message.payload())) {
                retained.put(message.topic(), message);
                fanOut.deliverOwn(message, nowMillis);
            }
        }
    }

    /** What a new subscription receives as retained. */
    List<Message> matching(String filter) {
        List<Message> matching = new ArrayList<>();
        retained.forEach((topic, message) -> {
            if (TopicFilters.matches(filter, topic)) {
                matching.add(message);
            }
        });
        return matching;
    }
}
