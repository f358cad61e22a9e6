package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Origin;

/**
 * Which buckets hold numbers of a QoS 2 publisher, so that they learn when these are released: every later publish tells its own targets, the
 * others hear of it in a lazy command. Lost knowledge (a takeover) costs memory there for an hour, nothing else. Owned by the shard's loop.
 */
final class SourceNumbers {
    private final Lanes lanes;
    private final String source;
    private final long incarnation;
    /** By partition, the highest number sent there and not known to be released; 0 for none. */
    private final long[] highest;

    private long floor;

    SourceNumbers(Lanes lanes, String clientId, long incarnation) {
        this.lanes = lanes;
        this.source = Origin.ofClient(clientId, incarnation, 1, 1).source();
        this.incarnation = incarnation;
        this.highest = new long[lanes.count()];
    }

    void sent(long number, int[] partitions) {
        for (int partition : partitions) {
            sent(number, partition);
        }
    }

    void sent(long number, int partition) {
        highest[partition] = Math.max(highest[partition], number);
    }

    void raise(long newFloor) {
        floor = Math.max(floor, newFloor);
    }

    /** Tells each bucket all of whose numbers are released. */
    void flush() {
        for (int partition = 0; partition < highest.length; partition++) {
            if (highest[partition] > 0 && highest[partition] < floor) {
                highest[partition] = 0;
                lanes.lane(partition).submit(new Command.RaiseFloor(source, incarnation, floor), false, result -> {});
            }
        }
    }
}
