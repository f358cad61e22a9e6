package io.covey.bucket;

import io.covey.routing.ShardAddress;
import java.util.List;

/**
 * The unit in which commands reach a bucket: applied whole and in order, on the owner and on each backup.
 *
 * @param sender the shard that sends it; one batch of a sender is in flight per partition
 * @param sequence counts the sender's batches to this partition from 1, without gaps; a repeat carries the same number and commands
 * @param timeMillis the sender's cluster time
 * @param commands at least one; immutable
 */
public record Batch(ShardAddress sender, long sequence, long timeMillis, List<Command> commands) {}
