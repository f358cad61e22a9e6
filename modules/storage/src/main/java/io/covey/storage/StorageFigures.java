package io.covey.storage;

/**
 * What the directory holds, for metrics.
 *
 * @param logBytes of all log segments
 * @param snapshotBytes of the newest snapshot of each bucket
 * @param oldestSnapshotMillis how long ago the oldest of them was written, or 0 where there is none
 * @param usableBytes free space for this node
 * @param reserveBytes space that is held for the log, for when there is no other
 * @param full whether new messages are refused for want of space
 */
public record StorageFigures(
        long logBytes,
        long snapshotBytes,
        long oldestSnapshotMillis,
        long usableBytes,
        long reserveBytes,
        boolean full) {}
