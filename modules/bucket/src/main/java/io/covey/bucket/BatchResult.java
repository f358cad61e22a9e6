package io.covey.bucket;

import java.util.List;

/**
 * The answer to a batch.
 *
 * @param results one per command, in order
 * @param routes the change of the bucket's routes by this batch
 * @param outbox effects on other buckets that this batch created, 4 MiB at most; kept in the bucket until {@link Command.FinishOutbox}, and told
 *     by {@link Command.Tick} until then
 */
public record BatchResult(List<Result> results, RouteDelta routes, List<OutboxEntry> outbox) {}
