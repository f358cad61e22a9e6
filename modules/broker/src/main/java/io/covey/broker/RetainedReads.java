package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Reads of retained messages: so many at once for the whole shard, the rest in line. Bounded by {@link SubscribeFlow}s, which each have few
 * reads in line. Owned by the shard's loop.
 */
final class RetainedReads {
    private static final int AT_ONCE_MAX = 128;

    private final Lanes lanes;
    private final ArrayDeque<Read> line = new ArrayDeque<>();
    private int running;

    private record Read(int partition, Command.ReadRetained command, Consumer<Result.RetainedPage> page) {}

    RetainedReads(Lanes lanes) {
        this.lanes = lanes;
    }

    /** Reads a page of a partition's retained messages that match, after this topic. */
    void read(int partition, String filter, String after, Consumer<Result.RetainedPage> page) {
        Read read = new Read(partition, new Command.ReadRetained(filter, after), page);
        if (running < AT_ONCE_MAX) {
            start(read);
        } else {
            line.add(read);
        }
    }

    private void start(Read read) {
        running++;
        lanes.lane(read.partition).submit(read.command, true, result -> {
            running--;
            Read next = line.poll();
            if (next != null) {
                start(next);
            }
            if (!(result instanceof Result.RetainedPage found)) {
                throw new IllegalStateException("no answer to a read of retained messages: " + result);
            }
            read.page.accept(found);
        });
    }
}
