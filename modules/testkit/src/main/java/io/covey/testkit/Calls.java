package io.covey.testkit;

import java.util.LinkedHashMap;
import java.util.Map;

/** All batches that are on their way to buckets: whether what clients do now is worked off at once, or waits behind something. */
final class Calls {
    /** An answer takes no longer where nothing is wrong. */
    private static final long PROMPT_MICROS = 100_000;

    /** After a failure a lane may wait for so long before it repeats its batch. */
    private static final long REPEAT_MICROS_MAX = 1_000_000;

    private final EventQueue events;
    private final Map<Object, Begun> waiting = new LinkedHashMap<>();
    private long failedMicros = Long.MIN_VALUE / 2;

    private record Begun(SimulatedProcess by, long micros) {}

    Calls(EventQueue events) {
        this.events = events;
    }

    void begin(Object call, SimulatedProcess by) {
        waiting.put(call, new Begun(by, events.nowMicros()));
    }

    void end(Object call, boolean confirmed) {
        waiting.remove(call);
        failedMicros = confirmed ? failedMicros : events.nowMicros();
    }

    /** Whether no batch waits for long, or to be repeated. */
    boolean areAnsweredAtOnce() {
        waiting.values().removeIf(begun -> !begun.by.isAlive());
        long now = events.nowMicros();
        return now - failedMicros > REPEAT_MICROS_MAX
                && waiting.values().stream().allMatch(begun -> now - begun.micros < PROMPT_MICROS);
    }
}
