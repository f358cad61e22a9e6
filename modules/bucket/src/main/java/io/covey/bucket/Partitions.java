package io.covey.bucket;

/** Which partition a client id, a retained topic or a group belongs to: a stable hash, the same on every node and every release. */
public final class Partitions {
    private Partitions() {}

    /** The partition of a client id, 0 to {@code count - 1}. */
    public static int ofClient(String clientId, int count) {
        return Math.floorMod(hash(clientId), count);
    }

    /** The partition of a retained message's topic, 0 to {@code count - 1}. */
    public static int ofTopic(String topic, int count) {
        return Math.floorMod(hash(topic) * 31 + 7, count);
    }

    /** The partition of a Shared Subscription's group, 0 to {@code count - 1}. */
    public static int ofShared(String filter, int count) {
        return Math.floorMod(hash(filter) * 31 + 13, count);
    }

    /** FNV-1a over the UTF-16 units, finished with a mixer so that short ids spread. */
    private static int hash(String text) {
        int hash = 0x811C9DC5;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x01000193;
        }
        hash ^= hash >>> 16;
        hash *= 0x85EBCA6B;
        return hash ^ hash >>> 13;
    }
}
