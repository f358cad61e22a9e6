package io.covey.bucket;

import org.jspecify.annotations.Nullable;

/**
 * Finds the topics that match one filter in a sorted map without looking at all the others: after each topic it tells the lowest one behind it
 * that can match [MQTT 5.0, 4.7.1 and 4.7.2].
 */
final class RetainedScan {
    /** Lower than any character of a topic but the separator, and in no topic: a topic and this is behind all that is below the topic. */
    private static final char BELOW_ALL = '\u0000';

    /** The first string behind all that begin with {@code $}. */
    private static final String BEHIND_DOLLAR = "%";

    /** Where to look next when nothing behind can match. */
    private static final String NOWHERE = "";

    private final String[] levels;
    private final boolean endsWithHash;
    private @Nullable String next = NOWHERE;

    RetainedScan(String filter) {
        levels = filter.split("/", -1);
        endsWithHash = levels[levels.length - 1].equals("#");
    }

    /** Where to begin: the lowest topic that can match. */
    String first() {
        return isWildcard(levels[0]) ? "" : levels[0];
    }

    /** A string above the topic looked at, such that no topic between them matches; null for the topic that follows in the map. */
    @Nullable
    String next() {
        return next;
    }

    /** Whether nothing behind the topic looked at can match. */
    boolean isOver() {
        return next != null && next.isEmpty();
    }

    /** Looks at a topic: whether it matches, and where to look {@link #next}. */
    boolean matches(String topic) {
        if (isWildcard(levels[0]) && topic.startsWith("$")) { // [MQTT-4.7.2-1]
            next = BEHIND_DOLLAR;
            return false;
        }
        int literals = endsWithHash ? levels.length - 1 : levels.length;
        int start = 0;
        // The end of the last level that a + stands for: what comes behind it is the same for every value of that
        // level.
        int plusEnd = -1;
        for (int level = 0; level < literals; level++) {
            String wanted = levels[level];
            if (start > topic.length()) {
                next = topic + "/" + (wanted.equals("+") ? "" : wanted);
                return false;
            }
            int slash = topic.indexOf('/', start);
            int end = slash < 0 ? topic.length() : slash;
            if (wanted.equals("+")) {
                plusEnd = end;
            } else {
                int order = compareLevel(topic, start, end, wanted);
                if (order != 0) {
                    next = order < 0 ? topic.substring(0, start) + wanted : behind(topic, plusEnd);
                    return false;
                }
            }
            start = end + 1;
        }
        if (endsWithHash) {
            next = null;
            return true;
        }
        next = behind(topic, plusEnd);
        return start > topic.length();
    }

    /** Behind everything below the level that ends there: the next value of a {@code +}. Without one there is nothing more to find. */
    private static String behind(String topic, int plusEnd) {
        return plusEnd < 0 ? NOWHERE : topic.substring(0, plusEnd) + BELOW_ALL;
    }

    private static int compareLevel(String topic, int start, int end, String wanted) {
        int common = Math.min(end - start, wanted.length());
        for (int i = 0; i < common; i++) {
            int order = topic.charAt(start + i) - wanted.charAt(i);
            if (order != 0) {
                return order;
            }
        }
        return end - start - wanted.length();
    }

    private static boolean isWildcard(String level) {
        return level.equals("+") || level.equals("#");
    }
}
