package io.covey.broker;

import java.util.function.IntConsumer;

/**
 * Whether one connection is owed messages of its session's queue, has room for them and is sent none: for so long that no lost hint explains it.
 * Each time it is found so, its queue is asked for again, which costs nothing where it is only slow. Owned by the shard's loop.
 */
final class StuckWatch {
    private static final long NOT = -1;

    private final int stuckMillis;
    private final BrokerEvents events;
    private final IntConsumer counted;
    private long behindSinceMillis = NOT;
    private long foundAtMillis = NOT;
    private boolean stuck;
    private int times;

    /**
     * @param stuckMillis after how long it is found stuck
     * @param counted takes 1 when it begins to be stuck, and -1 when that ends
     */
    StuckWatch(int stuckMillis, BrokerEvents events, IntConsumer counted) {
        this.stuckMillis = stuckMillis;
        this.events = events;
        this.counted = counted;
    }

    /** Its bucket has more for it than has arrived, and its queue is asked for again. */
    void behind(boolean hasRoom, long nowMillis) {
        if (behindSinceMillis == NOT || !hasRoom) {
            behindSinceMillis = nowMillis;
        }
        if (nowMillis - behindSinceMillis >= stuckMillis) {
            found(nowMillis);
            if (!stuck) {
                stuck = true;
                counted.accept(1);
            }
        }
    }

    /**
     * What its queue had for it.
     *
     * @param owedSinceMillis since when it might have been sent the first of it
     */
    void fetched(boolean hasRoom, long owedSinceMillis, long nowMillis) {
        if (behindSinceMillis != NOT && hasRoom && nowMillis - owedSinceMillis >= stuckMillis && !stuck) {
            found(nowMillis);
        }
    }

    private void found(long nowMillis) {
        foundAtMillis = nowMillis;
        times++;
        events.sessionKicked();
    }

    /** It is sent something of its queue, or is over. */
    void moved() {
        behindSinceMillis = NOT;
        if (stuck) {
            stuck = false;
            counted.accept(-1);
        }
    }

    boolean isStuck() {
        return stuck;
    }

    /** How often it was found stuck. */
    int times() {
        return times;
    }

    /** When it was last found stuck, or -1. */
    long foundAtMillis() {
        return foundAtMillis;
    }
}
