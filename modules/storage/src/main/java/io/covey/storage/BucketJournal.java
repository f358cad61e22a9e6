package io.covey.storage;

import io.covey.bucket.Bucket;
import io.covey.bucket.Step;

/**
 * Where a replica notes what it has applied. For one partition all calls come from one thread at a time, the partition's; calls for
 * different partitions may come at once. A call may write to the system's cache, but never waits for the device.
 */
public interface BucketJournal {
    /** Keeps nothing. */
    BucketJournal NONE = new BucketJournal() {
        @Override
        public boolean keeps() {
            return false;
        }

        @Override
        public boolean isWritable(int partition, Bucket bucket) {
            return true;
        }

        @Override
        public boolean applied(int partition, Bucket bucket, Step step, byte[] batch, int length) {
            return true;
        }

        @Override
        public boolean arrived(int partition, Bucket bucket) {
            return true;
        }

        @Override
        public boolean holds(int partition, Bucket bucket) {
            return true;
        }

        @Override
        public void dropped(int partition) {}

        @Override
        public boolean flush() {
            return true;
        }

        @Override
        public void whenDurable(Runnable then) {
            then.run();
        }
    };

    /** Whether anything is kept at all: batches need not be encoded where nothing is. */
    boolean keeps();

    /**
     * Whether what is applied now can be expected to be written. An owner refuses batches, and a backup does not confirm, while it is not:
     * so what is applied and not written stays little. Compaction, which makes room again, may take the bucket as it is by this call.
     */
    boolean isWritable(int partition, Bucket bucket);

    /**
     * A batch was applied to this replica, now or at an earlier attempt. What was collected counts as written after {@link #flush}.
     *
     * @param bucket as it is after the batch
     * @param step what the batch did to the version
     * @param batch its bytes, by {@code BatchCodec}; may be changed after the call
     * @return false where it cannot be kept now: it is not to be confirmed, and to be tried again
     */
    boolean applied(int partition, Bucket bucket, Step step, byte[] batch, int length);

    /** This replica took a whole bucket from elsewhere. As {@link #applied}. */
    boolean arrived(int partition, Bucket bucket);

    /** Whether a bucket is kept as it is now; one that is not is kept by this call, where it can be. */
    boolean holds(int partition, Bucket bucket);

    /** This node is no replica of the partition any more, and all who are have it: what is kept of it may go. */
    void dropped(int partition);

    /**
     * Writes what was collected.
     *
     * @return whether it is written: only then may it be confirmed. If not, the same is to be tried again
     */
    boolean flush();

    /**
     * Runs a task, here or on the disk's thread, as soon as everything that was flushed before may be acknowledged: at once, or when it is
     * synced, as the durability wants. It never runs where syncing fails.
     */
    void whenDurable(Runnable then);
}
