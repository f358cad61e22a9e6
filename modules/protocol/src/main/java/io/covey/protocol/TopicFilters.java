package io.covey.protocol;

/**
 * The rules for Topic Names and Topic Filters [MQTT 5.0, 4.7] and for the filters of Shared Subscriptions [MQTT 5.0, 4.8.2] over plain
 * strings. Nothing here allocates, except where a part of a string is returned.
 */
public final class TopicFilters {
    private static final String SHARE_PREFIX = "$share/";

    private TopicFilters() {}

    /** Whether this may be the Topic Name of a PUBLISH: not empty, no wildcards, no U+0000, at most 65,535 bytes. */
    public static boolean isValidName(String name) {
        return !name.isEmpty() // [MQTT-4.7.3-1]
                && !hasWildcard(name) // [MQTT-3.3.2-2]
                && Utf8.isSendable(name); // [MQTT-4.7.3-2] [MQTT-4.7.3-3]
    }

    /** Whether a {@code +} or {@code #} stands anywhere in it. */
    public static boolean hasWildcard(String topic) {
        for (int i = 0; i < topic.length(); i++) {
            if (isWildcard(topic.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether this is a valid Topic Filter, of a Shared Subscription or not. */
    public static boolean isValid(String filter) {
        return isShared(filter) ? isValidShared(filter) : isValidFilter(filter);
    }

    /**
     * Whether this is a valid Topic Filter without a share prefix: wildcards stand alone in their level, {@code #} last.
     *
     * <p>A filter for which {@link #isShared} holds is to be checked with {@link #isValidShared} instead.
     */
    public static boolean isValidFilter(String filter) {
        return hasValidLevels(filter, 0) && Utf8.isSendable(filter); // [MQTT-4.7.3-2] [MQTT-4.7.3-3]
    }

    private static boolean hasValidLevels(String filter, int from) {
        int end = filter.length();
        if (from >= end) {
            return false; // [MQTT-4.7.3-1]
        }
        for (int i = from; i < end; i++) {
            char c = filter.charAt(i);
            if (!isWildcard(c)) {
                continue;
            }
            boolean startsLevel = i == from || filter.charAt(i - 1) == '/';
            boolean endsFilter = i + 1 == end;
            boolean endsLevel = endsFilter || c == '+' && filter.charAt(i + 1) == '/';
            if (!startsLevel || !endsLevel) {
                return false; // [MQTT-4.7.1-1] [MQTT-4.7.1-2]
            }
        }
        return true;
    }

    /** Whether the filter asks for a Shared Subscription, well formed or not: it begins with {@code $share/} [MQTT-4.8.2-1]. */
    public static boolean isShared(String filter) {
        return filter.startsWith(SHARE_PREFIX);
    }

    /** Whether this is {@code $share/name/filter} with a Share Name of at least one character and a valid Topic Filter. */
    public static boolean isValidShared(String filter) {
        if (!isShared(filter)) {
            return false;
        }
        int slash = filter.indexOf('/', SHARE_PREFIX.length());
        if (slash <= SHARE_PREFIX.length()) {
            return false; // [MQTT-4.8.2-1]: no name or nothing behind it
        }
        for (int i = SHARE_PREFIX.length(); i < slash; i++) {
            if (isWildcard(filter.charAt(i))) {
                return false; // [MQTT-4.8.2-2]
            }
        }
        return hasValidLevels(filter, slash + 1) && Utf8.isSendable(filter);
    }

    /**
     * What Topic Names are compared with: the filter, of a Shared Subscription without {@code $share/} and the Share Name.
     *
     * @param filter one for which {@link #isValid} holds
     */
    public static String plainFilter(String filter) {
        return isShared(filter) ? filter.substring(filter.indexOf('/', SHARE_PREFIX.length()) + 1) : filter;
    }

    /** How many levels a Topic Name or Topic Filter has: one more than its slashes. */
    public static int levels(String topic) {
        int levels = 1;
        for (int i = 0; i < topic.length(); i++) {
            if (topic.charAt(i) == '/') {
                levels++;
            }
        }
        return levels;
    }

    /**
     * Whether the name matches the filter; a name that starts with {@code $} is not matched by a leading wildcard [MQTT-4.7.2-1].
     *
     * @param filter a valid Topic Filter without a share prefix
     * @param name a valid Topic Name
     */
    public static boolean matches(String filter, String name) {
        int filterEnd = filter.length();
        int nameEnd = name.length();
        if (nameEnd > 0 && name.charAt(0) == '$' && filterEnd > 0 && isWildcard(filter.charAt(0))) {
            return false; // [MQTT-4.7.2-1]
        }
        int n = 0;
        for (int f = 0; f < filterEnd; f++) {
            char c = filter.charAt(f);
            if (c == '#') {
                return true;
            }
            if (c == '+') {
                while (n < nameEnd && name.charAt(n) != '/') {
                    n++;
                }
            } else if (n < nameEnd && name.charAt(n) == c) {
                n++;
            } else {
                // "sport/#" matches "sport", the parent level, too.
                return n == nameEnd && c == '/' && f + 2 == filterEnd && filter.charAt(f + 1) == '#';
            }
        }
        return n == nameEnd;
    }

    private static boolean isWildcard(char c) {
        return c == '+' || c == '#';
    }
}
