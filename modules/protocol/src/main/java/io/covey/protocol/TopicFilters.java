package io.covey.protocol;

/** The rules for Topic Names and Topic Filters [MQTT 5.0, 4.7] over plain strings. */
public final class TopicFilters {
    private TopicFilters() {}

    /** Whether this may be the Topic Name of a PUBLISH: not empty, no wildcards, no U+0000, at most 65,535 bytes. */
    public static boolean isValidName(String name) {
        throw new UnsupportedOperationException("being written");
    }

    /** Whether this is a valid Topic Filter without a share prefix: wildcards stand alone in their level, {@code #} last. */
    public static boolean isValidFilter(String filter) {
        throw new UnsupportedOperationException("being written");
    }

    /** Whether the name matches the filter; a name that starts with {@code $} is not matched by a leading wildcard [MQTT-4.7.2-1]. */
    public static boolean matches(String filter, String name) {
        throw new UnsupportedOperationException("being written");
    }
}
