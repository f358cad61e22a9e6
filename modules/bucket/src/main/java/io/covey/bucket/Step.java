package io.covey.bucket;

/**
 * What a batch did to the owner's version; the backup applies the batch only from exactly {@code before}.
 *
 * @param owner the node incarnation that applied it as owner
 */
public record Step(long owner, BucketVersion before, BucketVersion after) {}
