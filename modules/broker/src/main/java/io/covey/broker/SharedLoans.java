package io.covey.broker;

import io.covey.bucket.Origin;
import io.covey.bucket.SharedCommand;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.LocalSubscriptions;
import io.covey.routing.Subscription;
import io.covey.session.SharedReceipt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages that groups' buckets have lent to connections of this shard, because their sessions have no queue for them; the buckets hear what
 * becomes of each. Bounded by the members' room. Owned by the shard's loop.
 */
final class SharedLoans {
    private final Lanes lanes;
    private final Registry registry;
    private final LocalSubscriptions<ShardConnection> subscriptions;
    private final RecentOrigins seen = new RecentOrigins();
    private final Map<Borrower, Settled> unsettled = new LinkedHashMap<>();
    private boolean flushing;

    private record Borrower(String filter, String clientId, long epoch) {}

    private static final class Settled {
        private final List<Long> completed = new ArrayList<>();
        private final List<Long> returned = new ArrayList<>();
    }

    SharedLoans(Lanes lanes, Registry registry, LocalSubscriptions<ShardConnection> subscriptions) {
        this.lanes = lanes;
        this.registry = registry;
        this.subscriptions = subscriptions;
    }

    /** A loan, as the receipt for its connection. */
    private final class Loan implements SharedReceipt {
        private final Borrower borrower;
        private final long number;

        private Loan(Borrower borrower, long number) {
            this.borrower = borrower;
            this.number = number;
        }

        @Override
        public void completed() {
            settled(borrower).completed.add(number);
        }

        @Override
        public void returned() {
            settled(borrower).returned.add(number);
        }
    }

    private Settled settled(Borrower borrower) {
        if (!flushing) {
            flushing = true;
            lanes.loop.atEndOfTurn(this::flush);
        }
        return unsettled.computeIfAbsent(borrower, key -> new Settled());
    }

    /** A message is lent to a connection of this shard; what has come before does nothing. */
    void lent(String filter, NodeMessage.Publishes.Loan lent, Message message) {
        if (seen.isRepeat(Origin.ofOutbox(lent.partition(), lent.number(), lent.lowest()))) {
            return;
        }
        Loan loan = new Loan(new Borrower(filter, lent.clientId(), lent.epoch()), lent.number());
        ShardConnection connection = registry.current(lent.clientId());
        Subscription subscription = connection == null ? null : subscriptions.subscription(connection, filter);
        if (connection == null || subscription == null || connection.epoch() != lent.epoch()) {
            loan.returned();
            return;
        }
        QoS qos = message.qos().min(subscription.qos()); // [MQTT-4.8.2-3]
        boolean retain = message.retain() && subscription.retainAsPublished();
        int[] ids = LocalSubscriptions.idsOf(subscription);
        if (!connection.deliverLent(loan, message, qos, retain, ids, lanes.loop.clusterMillis())) {
            loan.returned();
        }
    }

    /** Tells the buckets. */
    void flush() {
        flushing = false;
        unsettled.forEach((borrower, settled) -> lanes.lane(lanes.partitionOfShared(borrower.filter))
                .submit(
                        new SharedCommand.Settle(
                                borrower.filter,
                                borrower.clientId,
                                borrower.epoch,
                                sorted(settled.completed),
                                sorted(settled.returned)),
                        true,
                        result -> {}));
        unsettled.clear();
    }

    private static long[] sorted(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).sorted().toArray();
    }
}
