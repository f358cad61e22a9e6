package io.covey.cluster;

import com.sun.management.OperatingSystemMXBean;
import io.covey.broker.BucketGateway;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Command;
import io.covey.bucket.Refusal;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.Subscription;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/**
 * A tool, no test: what a command costs in CPU time, summed over three members in this process, with one confirmed backup. Every member sends
 * to every partition, one batch in flight each; half of the commands queue a message of 100 bytes, half acknowledge one.
 *
 * <p>Arguments: seconds to measure, then batch sizes, each with {@code @} and a rate of batches per second where not as many as go are
 * wanted. Start it with the test class path, {@code -Djava.util.concurrent.ForkJoinPool.common.parallelism=4} and
 * {@code -Dcovey.test.partitions=31}.
 */
final class BatchCost {
    private static final int SESSIONS = 64;
    private static final int PAYLOAD_BYTES = 100;
    private static final long WARM_UP_SECONDS = 8;

    private BatchCost() {}

    public static void main(String[] arguments) throws Exception {
        long seconds = Long.parseLong(arguments[0]);
        for (int i = 1; i < arguments.length; i++) {
            if (arguments[i].contains("=")) {
                String[] property = arguments[i].split("=");
                System.setProperty("hazelcast." + property[0], property[1]);
                System.out.println(arguments[i]);
                continue;
            }
            String[] sizeAndRate = arguments[i].split("@");
            int rate = sizeAndRate.length == 1 ? 0 : Integer.parseInt(sizeAndRate[1]);
            measure(Integer.parseInt(sizeAndRate[0]), rate, seconds);
        }
        System.exit(0);
    }

    private static void measure(int batchSize, int batchesPerSecond, long seconds) throws Exception {
        int lanes = 3 * TestMember.PARTITIONS;
        long pauseMicros = batchesPerSecond == 0 ? 0 : 1_000_000L * lanes / batchesPerSecond;
        try (TestCluster cluster = TestCluster.of(3, 1)) {
            LongAdder commands = new LongAdder();
            LongAdder repeats = new LongAdder();
            for (TestMember member : cluster.members) {
                for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                    Lane lane = new Lane(member, partition, batchSize, pauseMicros, commands, repeats);
                    lane.open();
                    member.loop.submit(lane::send);
                }
            }
            Thread.sleep(WARM_UP_SECONDS * 1_000);
            long commandsBefore = commands.sum();
            long cpuBefore = cpuNanos();
            Thread.sleep(seconds * 1_000);
            long cpu = cpuNanos() - cpuBefore;
            long done = commands.sum() - commandsBefore;
            System.out.printf(
                    Locale.ROOT,
                    "batch %3d at %5d/s: %9.0f commands/s, %6.2f us CPU per command, %6.1f us per batch, %d repeats%n",
                    batchSize,
                    batchesPerSecond,
                    done / (double) seconds,
                    cpu / 1e3 / done,
                    cpu / 1e3 / done * batchSize,
                    repeats.sum());
        }
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** One batch in flight from one member to one partition. */
    private static final class Lane implements BucketGateway.Answer {
        private final TestMember member;
        private final int partition;
        private final int batchSize;
        private final long pauseMicros;
        private final LongAdder commands;
        private final LongAdder repeats;
        private final long[] epochs = new long[SESSIONS];
        private final long[] handed = new long[SESSIONS];
        private final long[] released = new long[SESSIONS];
        private int nextAppend;
        private int nextRelease;
        private Batch inFlight;

        Lane(TestMember member, int partition, int batchSize, long pauseMicros, LongAdder commands, LongAdder repeats) {
            this.pauseMicros = pauseMicros;
            this.member = member;
            this.partition = partition;
            this.batchSize = batchSize;
            this.commands = commands;
            this.repeats = repeats;
        }

        private String client(int session) {
            return "client-" + member.incarnation + "-" + session;
        }

        private String topic(int session) {
            return "bench/" + member.incarnation + "/" + session;
        }

        void open() {
            for (int session = 0; session < SESSIONS; session++) {
                Result.Opened opened = (Result.Opened) member.confirm(
                                partition,
                                new Command.OpenSession(
                                        client(session),
                                        member.shard(),
                                        false,
                                        3_600,
                                        1_000,
                                        null,
                                        Command.OpenSession.AT_ONCE))
                        .results()
                        .get(0);
                epochs[session] = opened.epoch();
                Subscription own = new Subscription(topic(session), QoS.AT_LEAST_ONCE, false, false, 0, 0);
                member.confirm(partition, new Command.Subscribe(client(session), opened.epoch(), List.of(own)));
            }
        }

        void send() {
            List<Command> batch = new ArrayList<>(batchSize);
            for (int i = 0; i < batchSize; i++) {
                boolean release = released[nextRelease] < handed[nextRelease];
                batch.add(release ? release() : append());
            }
            inFlight = member.batch(partition, batch.toArray(new Command[0]));
            member.gateway.submit(partition, inFlight, false, this);
        }

        private Command append() {
            int session = nextAppend;
            nextAppend = (nextAppend + 1) % SESSIONS;
            Message message = new Message(
                    topic(session),
                    new byte[PAYLOAD_BYTES],
                    QoS.AT_LEAST_ONCE,
                    false,
                    Properties.EMPTY,
                    inFlight == null ? 0 : inFlight.timeMillis(),
                    Message.NEVER);
            return new Command.Append(message, "publisher", null);
        }

        private Command release() {
            int session = nextRelease;
            nextRelease = (nextRelease + 1) % SESSIONS;
            long[] sequence = {++released[session]};
            return new Command.Acknowledge(client(session), epochs[session], sequence, new long[0]);
        }

        @Override
        public void confirmed(BatchResult result) {
            for (Result each : result.results()) {
                if (each instanceof Result.Appended appended) {
                    for (Result.Delivery delivery : appended.deliveries()) {
                        int session = Integer.parseInt(delivery.clientId()
                                .substring(delivery.clientId().lastIndexOf('-') + 1));
                        handed[session] = delivery.sequence();
                    }
                }
            }
            commands.add(batchSize);
            if (pauseMicros == 0) {
                send();
            } else {
                member.loop.schedule(pauseMicros, this::send);
            }
        }

        @Override
        public void refused(Refusal refusal) {
            unknown(refusal.name());
        }

        @Override
        public void unknown(String cause) {
            repeats.increment();
            member.loop.schedule(10_000, () -> member.gateway.submit(partition, inFlight, false, this));
        }
    }
}
