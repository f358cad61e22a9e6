package io.covey.broker;

import io.covey.bucket.Origin;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which numbered publishes have come to this shard's own sessions: a QoS 2 publisher that goes on with its session at another node publishes
 * the same number again, and so does who finishes another's outbox [I3]. Owned by the shard's loop.
 *
 * <p>Bounded: of each source only numbers at or above its floor are kept, and of the sources the last used ones.
 */
final class RecentOrigins {
    /** Sources that are remembered; of those beyond, the longest unused one is forgotten. */
    static final int SOURCES_MAX = 8_192;

    private final Map<String, Seen> sources = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Seen> eldest) {
            return size() > SOURCES_MAX;
        }
    };

    /** What came of one source's incarnation. */
    private static final class Seen {
        private final long incarnation;
        private final Set<Long> numbers = new HashSet<>();
        private long floor;

        private Seen(long incarnation) {
            this.incarnation = incarnation;
        }
    }

    /** Whether this publish has come before; from now on it has. */
    boolean isRepeat(Origin origin) {
        Seen seen = sources.get(origin.source());
        if (seen == null || seen.incarnation < origin.incarnation()) {
            seen = new Seen(origin.incarnation());
            sources.put(origin.source(), seen);
        } else if (seen.incarnation > origin.incarnation()) {
            return true; // of a session that has ended since
        }
        if (origin.floor() > seen.floor) {
            long floor = origin.floor();
            seen.floor = floor;
            seen.numbers.removeIf(number -> number < floor);
        }
        return origin.number() < seen.floor || !seen.numbers.add(origin.number());
    }
}
