package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import java.util.function.Consumer;

/** What the node core does in buckets through the lanes of shard 0, on whose loop both run. */
public interface BucketCommands {
    /** How many partitions there are. */
    int partitionCount();

    /** Queues a command in the partition's lane; the result comes on the loop once its batch is confirmed, however long that takes. */
    void submit(int partition, Command command, boolean urgent, Consumer<Result> confirmed);

    /** Publishes an outbox entry to every target, exactly once in effect; {@code done} runs when all have confirmed. */
    void publish(int partition, OutboxEntry entry, Runnable done);
}
