package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.spi.impl.operationservice.Operation;
import io.covey.bucket.BatchOutcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one {@link MemberBatches} from the owner to the backups and back. Filled on the partitions' thread; after {@link #begin} whichever
 * thread takes an answer counts it, and the one that counts the last ends it. Nothing is answered before that, and nothing is answered as
 * applied unless every backup holds it, the backups are still where they were, and the lease is held. [I1][I9]
 */
final class Replication {
    private static final Logger LOG = LoggerFactory.getLogger(Replication.class);

    private final Operation request;
    private final PartitionHost host;
    private final PartitionPlaces places;
    private final HazelcastInstance here;
    private final BatchAnswer[] answers;
    private final Applied[] applied;
    private final Map<PartitionPlaces.Place, Group> groups = new LinkedHashMap<>();

    /** One for this thread while it sends, and one for each group of backups. */
    private final AtomicInteger awaited = new AtomicInteger(1);

    /** What was applied, and under which assignment of its replicas. */
    private record Applied(int partition, int assignmentVersion) {}

    /** What goes to one place, and which of the answers depend on it. */
    private static final class Group {
        private final List<MemberBackups.Part> parts = new ArrayList<>();
        private final List<Integer> indexes = new ArrayList<>();

        /** A bit for each part; written before {@link #awaited} is counted down, read after. */
        private volatile long held;
    }

    /**
     * @param count how many batches the request carries
     */
    Replication(Operation request, PartitionHost host, PartitionPlaces places, int count) {
        this.request = request;
        this.host = host;
        this.places = places;
        here = request.getNodeEngine().getHazelcastInstance();
        answers = new BatchAnswer[count];
        applied = new Applied[count];
    }

    /** A batch was not applied: this is its answer. */
    void answered(int index, BatchAnswer answer) {
        answers[index] = answer;
    }

    /** A batch was applied here and goes to the backups. */
    void applied(int index, MemberBatches.Part part, BatchOutcome.Applied outcome, int assignmentVersion) {
        answers[index] = BatchAnswer.of(outcome);
        applied[index] = new Applied(part.partition(), assignmentVersion);
        for (int replica = 1; replica <= host.backupCount(); replica++) {
            // A replica that is not there is the owner's to judge: it refused already where too few are.
            PartitionPlaces.Place place = places.replica(part.partition(), replica);
            if (place != null) {
                Group group = groups.computeIfAbsent(place, added -> new Group());
                group.parts.add(new MemberBackups.Part(part.partition(), part.batch(), outcome.step()));
                group.indexes.add(index);
            }
        }
    }

    /** Sends to the backups; answers at once where there are none. */
    void begin() {
        awaited.addAndGet(groups.size());
        groups.forEach((place, group) -> {
            var unused = places.engine()
                    .getOperationService()
                    .createInvocationBuilder(MapService.SERVICE_NAME, new MemberBackups(group.parts), place.address())
                    .setTryCount(1)
                    .setAsync()
                    .<Long>invoke()
                    .whenCompleteAsync((held, failure) -> backedUp(group, held, failure), Runnable::run);
        });
        countDown();
    }

    private void backedUp(Group group, @Nullable Long held, @Nullable Throwable failure) {
        if (held == null) {
            LOG.debug("backups did not answer; partitions={}", group.parts.size(), failure);
        } else {
            group.held = held;
        }
        countDown();
    }

    private void countDown() {
        if (awaited.decrementAndGet() == 0) {
            end();
        }
    }

    private void end() {
        groups.values().forEach(this::withdrawUnheld);
        for (int i = 0; i < answers.length; i++) {
            Applied outcome = applied[i];
            if (outcome != null && !host.stillStands(here, outcome.partition, outcome.assignmentVersion)) {
                answers[i] = new BatchAnswer.Unconfirmed();
            }
        }
        request.sendResponse(request.executedLocally() ? answers : MemberAnswers.toBytes(answers));
    }

    private void withdrawUnheld(Group group) {
        for (int i = 0; i < group.indexes.size(); i++) {
            if ((group.held >>> i & 1) == 0) {
                answers[group.indexes.get(i)] = new BatchAnswer.Unconfirmed();
            }
        }
    }
}
