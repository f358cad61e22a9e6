package io.covey.broker;

import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Refusal;

/** Ships batches to the owners of buckets. */
public interface BucketGateway {
    /** How many partitions there are; the same on every node for the cluster's life. */
    int partitionCount();

    /**
     * Ships a batch; the answer comes on the loop of the sending shard, exactly once, never from inside the call.
     *
     * @param repair whether an earlier attempt of this batch was not confirmed: the backups may have to be given the whole bucket
     */
    void submit(int partition, Batch batch, boolean repair, Answer answer);

    /** Takes the answer to a batch. */
    interface Answer {
        /** The owner applied it and every configured backup confirmed, and the durability setting is satisfied. */
        void confirmed(BatchResult result);

        /** The owner refused it; nothing changed. */
        void refused(Refusal refusal);

        /** Nobody knows: applied or not, confirmed or not. To be repeated as it is. */
        void unknown(String cause);
    }
}
