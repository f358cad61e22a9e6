package io.covey.storage;

/** What the storage tells metrics. Called on its threads and the partitions'; must not block. */
public interface StorageEvents {
    /** Tells nobody. */
    StorageEvents NONE = new StorageEvents() {};

    /** Bytes went to the log in one write. */
    default void written(int bytes, long nanos) {}

    /** The log was synced. */
    default void synced(long nanos) {}

    /** A bucket was written whole. */
    default void snapshotWritten(long bytes, long nanos) {}

    /** Whether there is so little space that new messages are to be refused; each change is told. */
    default void full(boolean now) {}

    /** A write, a sync or a snapshot failed; it is tried again. */
    default void failed(String what) {}
}
