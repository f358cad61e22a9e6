package io.covey.routing;

/**
 * One level of a Topic Name or Topic Filter as a key: a range of a string, so that matching looks levels up without cutting them out.
 *
 * <p>A key that is stored in a map holds a string of its own and never changes; a probe is pointed at one level after the other by its owner.
 * Keys are ordered so that a map can defend itself against levels chosen to collide.
 */
final class LevelKey implements Comparable<LevelKey> {
    private String text = "";
    private int from;
    private int to;
    private int hash;

    /** A key for storing. */
    static LevelKey of(String topic, int from, int to) {
        LevelKey key = new LevelKey();
        key.point(topic.substring(from, to), 0, to - from);
        return key;
    }

    /** Points this probe at a level. Never call it on a key that is in a map. */
    LevelKey point(String topic, int start, int end) {
        text = topic;
        from = start;
        to = end;
        int h = 0;
        for (int i = start; i < end; i++) {
            h = 31 * h + topic.charAt(i);
        }
        hash = h;
        return this;
    }

    /** The index behind the level of {@code topic} that starts at {@code from}: of its slash or of the end. */
    static int endOfLevel(String topic, int from) {
        int slash = topic.indexOf('/', from);
        return slash < 0 ? topic.length() : slash;
    }

    @Override
    public boolean equals(Object other) { // [MQTT-4.7.3-4]
        return other instanceof LevelKey that
                && hash == that.hash
                && to - from == that.to - that.from
                && text.regionMatches(from, that.text, that.from, to - from);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public int compareTo(LevelKey other) {
        int length = to - from;
        int otherLength = other.to - other.from;
        for (int i = 0; i < length && i < otherLength; i++) {
            int difference = text.charAt(from + i) - other.text.charAt(other.from + i);
            if (difference != 0) {
                return difference;
            }
        }
        return length - otherLength;
    }

    @Override
    public String toString() {
        return text.substring(from, to);
    }
}
