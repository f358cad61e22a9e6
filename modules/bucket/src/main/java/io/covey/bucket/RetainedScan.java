package io.covey.bucket;

import org.jspecify.annotations.Nullable;

/**
 * Finds the topics that match one filter in a sorted map without looking at the others: for a topic that does not match, it tells the
 * lowest topic behind it that might [MQTT-4.7.1-2..3, MQTT-4.7.2-1].
 */
final class RetainedScan {
    /** Lower than any character of a topic but the separator: no topic contains it. */
    private static final char BELOW_ALL = '\u0000';

    /** The first string behind all that begin with {@code $}. */
    private static final String BEHIND_DOLLAR = "%";

    private final String[] levels;

    RetainedScan(String filter) {
        levels = filter.split("/", -1);
    }

    /** Where to begin: the lowest topic that may match. */
    String first() {
        return isWildcard(levels[0]) ? "" : levels[0];
    }

    /**
     * Compares a topic with the filter.
     *
     * @return null when it matches; else a string above the topic, such that no topic between them matches; or the empty string when no
     *     topic behind it matches
     */
    @Nullable
    String seek(String topic) {
        if (isWildcard(levels[0]) && topic.startsWith("$")) { // [MQTT-4.7.2-1]
            return BEHIND_DOLLAR;
        }
        int start = 0;
        for (int level = 0; level < levels.length; level++) {
            String wanted = levels[level];
            if (wanted.equals("#")) { // [MQTT-4.7.1-2]
                return null;
            }
            if (start > topic.length()) {
                return deeper(topic, level);
            }
            int slash = topic.indexOf('/', start);
            int end = slash < 0 ? topic.length() : slash;
            if (!wanted.equals("+")) { // [MQTT-4.7.1-3]
                int order = compareLevel(topic, start, end, wanted);
                if (order != 0) {
                    return order < 0 ? topic.substring(0, start) + wanted : behindParent(topic, start);
                }
            }
            start = end + 1;
        }
        // Everything below what the filter names is passed over.
        return start > topic.length() ? null : topic.substring(0, start - 1) + BELOW_ALL;
    }

    /** The topic ended before the filter: only what is below the topic can match. */
    private @Nullable String deeper(String topic, int level) {
        String wanted = levels[level];
        return topic + "/" + (wanted.equals("+") ? "" : wanted);
    }

    /** A literal level is passed: nothing else under the same parent can match. */
    private static String behindParent(String topic, int start) {
        return start == 0 ? "" : topic.substring(0, start - 1) + BELOW_ALL;
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
