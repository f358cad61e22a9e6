package io.covey.testkit;

import io.covey.testkit.History.InvariantViolated;
import io.covey.testkit.History.PublishKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Wills and their fates: each is published once when its connection ends without a normal DISCONNECT, after its delay or with its session's end,
 * whichever comes first; never after a normal DISCONNECT, nor when its session was taken up again in time [MQTT-3.1.2-8] [MQTT-3.1.2-10]
 * [MQTT-3.1.3-9].
 */
final class Testaments {
    /** A DISCONNECT whose node ends so soon after it may not have reached the session's bucket. */
    private static final long DISCONNECT_MICROS_MAX = 20_000_000;

    /** What has to become of a will. */
    enum Fate {
        /** Not decided, or not to be known from outside. */
        OPEN,
        PUBLISHED,
        DISCARDED
    }

    /** The will of one connection. */
    static final class Testament {
        final PublishKey key;
        /** Its delay, or the session's expiry where that is shorter. */
        final long delayMicros;

        final long sentMicros;
        private long notBeforeMicros;
        private Fate fate = Fate.OPEN;
        private String reason = "";
        private @Nullable SimulatedProcess discardedBy;
        private long decidedMicros;
        private final Map<String, Long> receivedMicros = new HashMap<>();

        private Testament(PublishKey key, long delayMicros, long sentMicros) {
            this.key = key;
            this.delayMicros = delayMicros;
            this.sentMicros = sentMicros;
            this.notBeforeMicros = sentMicros;
        }

        /** The earliest time at which it may be published. */
        void notBefore(long micros) {
            notBeforeMicros = micros;
        }

        long notBeforeMicros() {
            return notBeforeMicros;
        }
    }

    private final EventQueue events;
    private final History history;
    private final Map<PublishKey, Testament> all = new LinkedHashMap<>();

    Testaments(EventQueue events, History history) {
        this.events = events;
        this.history = history;
    }

    /** A CONNECT with a will leaves its client. */
    Testament connecting(PublishKey key, long delayMicros) {
        Testament testament = new Testament(key, delayMicros, events.nowMicros());
        all.put(key, testament);
        return testament;
    }

    /** What has to become of it is certain. */
    void decide(Testament testament, Fate fate, String reason) {
        testament.fate = fate;
        testament.reason = reason;
        testament.decidedMicros = events.nowMicros();
    }

    /** A normal DISCONNECT went to this incarnation: it discards the will unless it ends before it can. */
    void disconnected(Testament testament, SimulatedProcess by) {
        decide(testament, Fate.DISCARDED, "DISCONNECT");
        testament.discardedBy = by;
    }

    /** Whether what arrived was a will. */
    boolean received(PublishKey key, String client) {
        Testament testament = all.get(key);
        if (testament == null) {
            return false;
        }
        testament.receivedMicros.putIfAbsent(client, events.nowMicros());
        return true;
    }

    /** Adds the wills that are due and have not reached every persistent session that watches for them. */
    void missing(List<Missing> missing) {
        for (Testament testament : all.values()) {
            if (testament.fate == Fate.PUBLISHED) {
                for (Listening watcher : watchers(testament)) {
                    if (!testament.receivedMicros.containsKey(watcher.client())) {
                        String text = watcher.client() + " lacks the will " + testament.key + " (" + testament.reason
                                + " at " + testament.decidedMicros / 1000 + " ms)";
                        missing.add(new Missing(Missing.NOT_QUEUED, text));
                    }
                }
            }
        }
    }

    private List<Listening> watchers(Testament testament) {
        List<Listening> watchers = new ArrayList<>();
        for (Listening listening : history.listenings()) {
            if (listening.persistent()
                    && !listening.isEnded()
                    && listening.matches(testament.key.topic())
                    && listening.isLiveSince(testament.sentMicros)) {
                watchers.add(listening);
            }
        }
        return watchers;
    }

    /** At the end: nothing came that must not, and nothing too early. */
    void verify() {
        for (Testament testament : all.values()) {
            testament.receivedMicros.forEach((client, micros) -> {
                if (testament.fate == Fate.DISCARDED && !mayHaveBeenLost(testament)) {
                    throw new InvariantViolated("will: " + client + " received " + testament.key + " although "
                            + testament.reason + " at " + testament.decidedMicros / 1000 + " ms");
                }
                if (micros < testament.notBeforeMicros) {
                    throw new InvariantViolated("will: " + client + " received " + testament.key + " at "
                            + micros / 1000 + " ms, not due before " + testament.notBeforeMicros / 1000 + " ms");
                }
            });
        }
    }

    private boolean mayHaveBeenLost(Testament testament) {
        SimulatedProcess by = testament.discardedBy;
        return by != null && history.endedSoonAfter(by, testament.decidedMicros, DISCONNECT_MICROS_MAX);
    }
}
