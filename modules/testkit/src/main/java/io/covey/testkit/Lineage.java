package io.covey.testkit;

import io.covey.bucket.Batch;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Step;
import io.covey.routing.ShardAddress;
import io.covey.testkit.History.InvariantViolated;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which version of a bucket was made from which, by all owners that ever took themselves for one. After a split the highest version wins whole, so
 * whatever counts as newer than a confirmed batch must hold it [I1] (ADR 0014): what an owner made that the others could not see must not.
 * Clients see a fault here only when such a copy wins, which takes a long chain of accidents; this sees that it could.
 */
final class Lineage {
    private final List<NavigableMap<BucketVersion, Made>> made = new ArrayList<>();
    private final @Nullable BucketVersion[] confirmed;
    private final boolean checked;

    /** A step from one version to the next, and by which batch. */
    private record Made(BucketVersion before, ShardAddress sender, long sequence, boolean byOneOnly) {
        boolean isBy(Batch batch) {
            return sender.equals(batch.sender()) && sequence == batch.sequence();
        }
    }

    /** @param checked whether it complains */
    Lineage(int partitions, boolean checked) {
        this.confirmed = new BucketVersion[partitions];
        this.checked = checked;
        for (int i = 0; i < partitions; i++) {
            made.add(new TreeMap<>());
        }
    }

    /** An owner applied a batch for the first time. */
    void applied(int partition, Batch batch, Step step) {
        made.get(partition)
                .merge(
                        step.after(),
                        new Made(step.before(), batch.sender(), batch.sequence(), true),
                        (before, now) -> before.isBy(batch)
                                ? before
                                : new Made(before.before, before.sender, before.sequence, false));
    }

    /** A sender has all confirmations of the batch that led to this version. */
    void confirmed(int partition, BucketVersion version) {
        if (checked) {
            checkIsNewest(partition, version);
        }
        BucketVersion last = confirmed[partition];
        if (last == null || descends(partition, version, last)) {
            confirmed[partition] = version;
        } else if (checked && !descends(partition, last, version)) {
            throw new InvariantViolated("I1: partition " + partition + " lacks at " + version
                    + ", which is confirmed, what was confirmed at " + last);
        }
    }

    private void checkIsNewest(int partition, BucketVersion version) {
        Set<BucketVersion> holding = new HashSet<>();
        holding.add(version);
        made.get(partition).tailMap(version, true).forEach((newer, step) -> {
            boolean holds = newer.equals(version) || holding.contains(step.before);
            if (!holds || !step.byOneOnly) {
                throw new InvariantViolated("I1: partition " + partition + " is confirmed at " + version
                        + ", and without that batch another owner came to " + newer);
            }
            holding.add(newer);
        });
    }

    /** Whether a copy at this version holds everything that is confirmed. */
    boolean holdsAllConfirmed(int partition, BucketVersion version) {
        BucketVersion last = confirmed[partition];
        return last == null || descends(partition, version, last);
    }

    private boolean descends(int partition, BucketVersion from, BucketVersion ancestor) {
        BucketVersion at = from;
        while (at.number() > ancestor.number()) {
            Made step = made.get(partition).get(at);
            if (step == null) {
                return false;
            }
            at = step.before;
        }
        return at.equals(ancestor);
    }

    /** At the end: the copy that is in use. */
    void verify(int partition, BucketVersion version) {
        if (checked && !holdsAllConfirmed(partition, version)) {
            throw new InvariantViolated("I1: partition " + partition + " ends at " + version
                    + " without what was confirmed at " + confirmed[partition]);
        }
    }
}
