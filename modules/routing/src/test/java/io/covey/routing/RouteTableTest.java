package io.covey.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private static final ShardAddress SHARD_A = new ShardAddress(100, 0);
    private static final ShardAddress SHARD_B = new ShardAddress(200, 1);

    private final RouteTableWriter writer = new RouteTableWriter();
    private final Matches scratch = new Matches();

    /** What a match reports, in order: {@code p3} for a partition, {@code s100.0} for a shard. */
    private List<String> matched(RouteTable table, String topic, boolean qosAbove0) {
        List<String> found = new ArrayList<>();
        boolean any = table.match(topic, qosAbove0, scratch, new RouteSink() {
            @Override
            public void partition(int partition) {
                found.add("p" + partition);
            }

            @Override
            public void shard(ShardAddress shard) {
                found.add("s" + shard.node() + "." + shard.shard());
            }

            @Override
            public void shared(SharedRoute route) {
                List<String> members = new ArrayList<>();
                for (int i = 0; i < route.members().length; i++) {
                    members.add(route.shards().get(i).node() + "x" + route.members()[i]);
                }
                found.add(route.filter() + " p" + route.partition() + " " + members);
            }
        });
        assertThat(any).isEqualTo(!found.isEmpty());
        return found;
    }

    private List<String> matched(String topic) {
        return matched(writer.current(), topic, true);
    }

    @Test
    void aDestinationThatSeveralFiltersNameIsReportedOnce() {
        writer.applyDelta(70, 1, List.of("a/b", "a/+", "#"), List.of());
        writer.applyDelta(3, 1, List.of("a/#", "x"), List.of());
        writer.applyDelta(SHARD_A, 1, List.of(new ShardRoute("a/b", 3), new ShardRoute("+/b", 3)));

        assertThat(matched("a/b")).containsExactly("p3", "p70", "s100.0");
        assertThat(matched("a/b")).containsExactly("p3", "p70", "s100.0");
        assertThat(matched("x")).containsExactly("p3", "p70");
        assertThat(matched("$x")).isEmpty();
    }

    @Test
    void shardsAreAskedForWhatTheyWantAndPartitionsForQosAbove0() {
        writer.applyDelta(1, 1, List.of("a"), List.of());
        writer.applyDelta(SHARD_A, 1, List.of(new ShardRoute("a", ShardRoute.WANTS_QOS_0)));
        writer.applyDelta(SHARD_B, 1, List.of(new ShardRoute("a", ShardRoute.WANTS_QOS_ABOVE_0)));

        assertThat(matched(writer.current(), "a", false)).containsExactly("s100.0");
        assertThat(matched(writer.current(), "a", true)).containsExactly("p1", "s200.1");

        writer.applyDelta(SHARD_A, 2, List.of(new ShardRoute("a", 3)));
        writer.applyDelta(SHARD_B, 2, List.of(new ShardRoute("a", 0)));

        assertThat(matched(writer.current(), "a", false)).containsExactly("s100.0");
        assertThat(matched(writer.current(), "a", true)).containsExactly("p1", "s100.0");
    }

    @Test // [MQTT 5.0, 4.8.2]
    void sharedSubscriptionsAreReportedEachWithItsMembers() {
        writer.applyDelta(1, 1, List.of("$share/h/a/#"), List.of());
        writer.applyDelta(
                SHARD_A,
                1,
                List.of(
                        new ShardRoute("$share/g/a/b", ShardRoute.withMembers(3, 2)),
                        new ShardRoute("$share/h/a/#", ShardRoute.withMembers(1, 1)),
                        new ShardRoute("a/b", 3)));
        writer.applyDelta(SHARD_B, 1, List.of(new ShardRoute("$share/g/a/b", ShardRoute.withMembers(3, 1))));

        assertThat(matched("a/b")).containsExactly("s100.0", "$share/g/a/b p-1 [100x2, 200x1]", "$share/h/a/# p1 []");
        assertThat(matched(writer.current(), "a/b", false))
                .containsExactly("s100.0", "$share/g/a/b p-1 [100x2, 200x1]", "$share/h/a/# p1 [100x1]");
        assertThat(matched("$share/g/a/b")).isEmpty();

        writer.applyDelta(1, 2, List.of(), List.of("$share/h/a/#"));
        writer.removeNode(SHARD_A.node());
        assertThat(matched("a/b")).containsExactly("$share/g/a/b p-1 [200x1]");

        writer.applyDelta(SHARD_B, 2, List.of(new ShardRoute("$share/g/a/b", 0)));
        assertThat(matched("a/b")).isEmpty();
        assertThat(writer.current().filters()).isZero();
    }

    @Test
    void deltasAreTakenInTheOrderOfTheirVersionsOnly() {
        assertThat(writer.applyDelta(1, 1, List.of("a"), List.of())).isEqualTo(RouteChange.APPLIED);
        assertThat(writer.applyDelta(1, 1, List.of("b"), List.of())).isEqualTo(RouteChange.STALE);
        assertThat(writer.applyDelta(1, 3, List.of("c"), List.of())).isEqualTo(RouteChange.GAP);
        assertThat(writer.version(1)).isEqualTo(1);
        assertThat(matched("a")).containsExactly("p1");
        assertThat(matched("b")).isEmpty();
        assertThat(matched("c")).isEmpty();

        assertThat(writer.replaceAll(1, 3, List.of("b", "c"))).isTrue();
        assertThat(writer.replaceAll(1, 2, List.of("a"))).isFalse();
        assertThat(writer.applyDelta(1, 4, List.of("d"), List.of("b"))).isEqualTo(RouteChange.APPLIED);
        assertThat(matched("a")).isEmpty();
        assertThat(matched("b")).isEmpty();
        assertThat(matched("c")).containsExactly("p1");
        assertThat(matched("d")).containsExactly("p1");
        assertThat(writer.current().filters()).isEqualTo(2);
    }

    @Test
    void aNodeThatIsGoneLeavesNothing() {
        long empty = writer.digest();
        writer.applyDelta(SHARD_A, 1, List.of(new ShardRoute("a", 3), new ShardRoute("b/#", 3)));
        writer.applyDelta(SHARD_B, 1, List.of(new ShardRoute("a", 3)));
        RouteTable before = writer.current();

        writer.removeNode(SHARD_A.node());

        assertThat(matched("a")).containsExactly("s200.1");
        assertThat(matched("b/c")).isEmpty();
        assertThat(writer.version(SHARD_A)).isZero();
        assertThat(writer.shards()).containsExactly(SHARD_B);
        assertThat(matched(before, "a", true)).containsExactly("s100.0", "s200.1");

        ShardAddress other = new ShardAddress(300, 2);
        writer.applyDelta(other, 1, List.of(new ShardRoute("b/#", 3)));
        assertThat(matched("b/c")).containsExactly("s300.2");
        assertThat(matched(before, "b/c", true)).containsExactly("s100.0");

        writer.removeNode(other.node());
        writer.removeNode(SHARD_B.node());
        assertThat(writer.digest()).isEqualTo(empty);
        assertThat(writer.current().filters()).isZero();
    }

    @Test
    void anUnchangedTableIsTheSameObject() {
        writer.applyDelta(1, 1, List.of("a"), List.of());
        RouteTable table = writer.current();
        writer.applyDelta(1, 1, List.of("b"), List.of());

        assertThat(writer.current()).isSameAs(table);
    }

    @Test
    void tablesAgreeWithNaiveListsAndDigestsWithContents() {
        long seed = 90_210;
        Random random = new Random(seed);
        RouteTableWriter other = new RouteTableWriter();
        Map<Integer, TreeSet<String>> partitions = new HashMap<>();
        Map<ShardAddress, Map<String, Integer>> shards = new HashMap<>();
        long[] versions = new long[100];
        RouteTable old = writer.current();
        List<String> oldMatches = List.of();
        String oldTopic = "a";
        int found = 0;
        for (int step = 0; step < 10_000; step++) {
            if (random.nextBoolean()) {
                changePartition(random, partitions, versions, other);
            } else {
                changeShard(random, shards, other);
            }
            if (random.nextInt(500) == 0) {
                long node = random.nextInt(4);
                writer.removeNode(node);
                other.removeNode(node);
                shards.keySet().removeIf(shard -> shard.node() == node);
            }
            String topic = RandomTopics.name(random);
            boolean qosAbove0 = random.nextBoolean();
            List<String> matched = matched(writer.current(), topic, qosAbove0);
            assertThat(matched)
                    .as("seed %d step %d: %s", seed, step, topic)
                    .containsExactlyInAnyOrderElementsOf(naive(partitions, shards, topic, qosAbove0));
            found += matched.size();
            if (step % 100 == 0) {
                assertThat(matched(old, oldTopic, true)).as("old table").isEqualTo(oldMatches);
                old = writer.current();
                oldTopic = topic;
                oldMatches = matched(old, topic, true);
                assertThat(writer.digest()).isEqualTo(other.digest());
            }
        }
        assertThat(found).isGreaterThan(10_000);
    }

    /** The other writer gets the same by whole sets at times, so that both ways lead to the same table and digest. */
    private void changePartition(
            Random random, Map<Integer, TreeSet<String>> partitions, long[] versions, RouteTableWriter other) {
        int partition = random.nextInt(100);
        TreeSet<String> filters = partitions.computeIfAbsent(partition, p -> new TreeSet<>());
        List<String> added = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            String filter = RandomTopics.filter(random);
            if (filters.add(filter)) {
                added.add(filter);
            }
            if (random.nextInt(5) > 0) {
                removed.add(filters.first());
                added.remove(filters.pollFirst());
            }
        }
        long version = ++versions[partition];
        assertThat(writer.applyDelta(partition, version, added, removed)).isEqualTo(RouteChange.APPLIED);
        if (random.nextBoolean()) {
            assertThat(other.replaceAll(partition, version, filters)).isTrue();
        } else {
            assertThat(other.applyDelta(partition, version, added, removed)).isEqualTo(RouteChange.APPLIED);
        }
        assertThat(other.digest(partition)).isEqualTo(writer.digest(partition));
    }

    private void changeShard(Random random, Map<ShardAddress, Map<String, Integer>> shards, RouteTableWriter other) {
        ShardAddress shard = new ShardAddress(random.nextInt(4), random.nextInt(30));
        Map<String, Integer> filters = shards.computeIfAbsent(shard, s -> new HashMap<>());
        ShardRoute route = new ShardRoute(RandomTopics.filter(random), random.nextInt(4));
        if (route.flags() == 0) {
            filters.remove(route.filter());
        } else {
            filters.put(route.filter(), route.flags());
        }
        long version = writer.version(shard) + 1;
        assertThat(writer.applyDelta(shard, version, List.of(route))).isEqualTo(RouteChange.APPLIED);
        List<ShardRoute> all = new ArrayList<>();
        filters.forEach((filter, flags) -> all.add(new ShardRoute(filter, flags)));
        assertThat(other.replaceAll(shard, version, all)).isTrue();
        assertThat(other.digest(shard)).isEqualTo(writer.digest(shard));
    }

    private static TreeSet<String> naive(
            Map<Integer, TreeSet<String>> partitions,
            Map<ShardAddress, Map<String, Integer>> shards,
            String topic,
            boolean qosAbove0) {
        TreeSet<String> expected = new TreeSet<>();
        partitions.forEach((partition, filters) -> {
            if (qosAbove0 && filters.stream().anyMatch(filter -> TopicFilters.matches(filter, topic))) {
                expected.add("p" + partition);
            }
        });
        int flag = qosAbove0 ? ShardRoute.WANTS_QOS_ABOVE_0 : ShardRoute.WANTS_QOS_0;
        shards.forEach((shard, filters) -> filters.forEach((filter, flags) -> {
            if ((flags & flag) != 0 && TopicFilters.matches(filter, topic)) {
                expected.add("s" + shard.node() + "." + shard.shard());
            }
        }));
        return expected;
    }
}
