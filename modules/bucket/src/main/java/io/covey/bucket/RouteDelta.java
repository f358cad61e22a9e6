package io.covey.bucket;

import java.util.List;

/**
 * The change of a bucket's set of Topic Filters with at least one subscription of QoS 1 or 2 of a persistent session. Subscriptions of
 * QoS 0 need no route to the bucket, since nothing is queued for them.
 *
 * @param version the bucket's route version after the batch; it grows by one with each batch that changes the set
 * @param changed whether this batch changed the set (then the version before was {@code version - 1})
 */
public record RouteDelta(long version, boolean changed, List<String> added, List<String> removed) {}
