package io.covey.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LocalSubscriptionsTest {
    private static final QoS QOS_0 = QoS.AT_MOST_ONCE;
    private static final QoS QOS_1 = QoS.AT_LEAST_ONCE;
    private static final QoS QOS_2 = QoS.EXACTLY_ONCE;

    private record Session(String clientId, boolean persistent) implements Subscriber {}

    private final Session device = new Session("device", false);
    private final Session keeper = new Session("keeper", true);
    private final LocalSubscriptions<Session> local = new LocalSubscriptions<>();

    private List<String> matched(String topic, QoS qos, String publisher) {
        List<String> deliveries = new ArrayList<>();
        local.match(
                topic,
                qos,
                publisher,
                (session, level, rap, ids) -> deliveries.add(describe(session, level, rap, ids)));
        return deliveries;
    }

    private static String describe(Session session, QoS qos, boolean retainAsPublished, int[] ids) {
        return session.clientId() + " qos" + qos.value() + (retainAsPublished ? " rap " : " ") + Arrays.toString(ids);
    }

    private static Subscription subscription(String filter, QoS qos) {
        return new Subscription(filter, qos, false, false, 0, 0);
    }

    @Test // [MQTT-3.3.4-2] [MQTT-3.3.4-4]
    void overlappingSubscriptionsMakeOneDeliveryAtTheHighestQosWithAllIdentifiers() {
        local.add(device, new Subscription("a/b", QOS_1, false, false, 0, 7));
        local.add(device, new Subscription("a/+", QOS_2, false, true, 0, 9));
        local.add(device, new Subscription("#", QOS_0, false, false, 0, 0));

        assertThat(matched("a/b", QOS_2, "p")).containsExactly("device qos2 rap [7, 9]");
        assertThat(matched("a/b", QOS_1, "p")).containsExactly("device qos1 rap [7, 9]");
        assertThat(matched("x", QOS_2, "p")).containsExactly("device qos0 []");
    }

    @Test
    void subscriptionsThatEndWithTheirConnectionAreCountedAndSharedOnesApart() {
        for (Session session : List.of(device, keeper)) {
            local.add(session, subscription("a", QOS_1));
            local.add(session, subscription("b", QOS_1));
            local.add(session, subscription("$share/g/a", QOS_1));
            local.add(session, subscription("$share/g/a", QOS_2));
            local.add(session, subscription("$share/h/a", QOS_2));
        }
        assertThat(local.transients()).isEqualTo(2);
        assertThat(local.sharedTransients()).isEqualTo(2);

        local.remove(device, "a");
        local.remove(device, "$share/h/a");
        assertThat(local.transients()).isEqualTo(1);
        assertThat(local.sharedTransients()).isEqualTo(1);

        local.removeAll(device);
        local.removeAll(keeper);
        assertThat(local.transients()).isZero();
        assertThat(local.sharedTransients()).isZero();
    }

    @Test // [MQTT-3.8.3-3]
    void noLocalSubscriptionsDoNotCountForTheOwnClientsPublishes() {
        local.add(device, new Subscription("a/b", QOS_2, true, true, 0, 7));
        assertThat(matched("a/b", QOS_2, "device")).isEmpty();
        assertThat(matched("a/b", QOS_2, "other")).containsExactly("device qos2 rap [7]");

        local.add(device, new Subscription("a/#", QOS_0, false, false, 0, 9));
        assertThat(matched("a/b", QOS_2, "device")).containsExactly("device qos0 [9]");
    }

    @Test
    void persistentSessionsReceiveHereWhatTheirBucketDoesNotDeliver() {
        local.add(keeper, subscription("a", QOS_1));
        local.add(keeper, subscription("b", QOS_0));

        assertThat(matched("a", QOS_1, "p")).isEmpty();
        assertThat(matched("a", QOS_0, "p")).containsExactly("keeper qos0 []");
        assertThat(matched("b", QOS_2, "p")).containsExactly("keeper qos0 []");

        local.add(keeper, subscription("#", QOS_2));
        assertThat(matched("b", QOS_2, "p")).isEmpty();
    }

    @Test // [MQTT 5.0, 4.8.2]
    void membersOfASharedSubscriptionTakeTurns() {
        Session other = new Session("other", false);
        local.add(device, new Subscription("$share/g/a/+", QOS_1, false, false, 0, 7));
        local.add(other, subscription("$share/g/a/+", QOS_2));
        local.add(keeper, subscription("$share/g/a/+", QOS_1));

        assertThat(matched("a/b", QOS_1, "p"))
                .as("shared ones are asked for apart")
                .isEmpty();
        assertThat(turn(true, device, other, keeper)).isEqualTo("device");
        assertThat(turn(true, device, other, keeper)).isEqualTo("other");
        assertThat(turn(true, device, other, keeper))
                .as("a bucket delivers to keeper")
                .isEqualTo("device");
        assertThat(turn(false, device, other, keeper)).isEqualTo("other");
        assertThat(turn(false, device, other, keeper)).isEqualTo("keeper");
        assertThat(turn(true, other)).isEqualTo("other");
        assertThat(turn(true, keeper)).isEqualTo("nobody");

        local.remove(device, "$share/g/a/+");
        local.removeAll(other);
        assertThat(turn(true, device, other, keeper)).isEqualTo("nobody");
        assertThat(turn(false, device, other, keeper)).isEqualTo("keeper");
    }

    private String turn(boolean above0, Session... suitable) {
        LocalSubscriptions.SharedMember<Session> member =
                local.nextShared("$share/g/a/+", above0, Arrays.asList(suitable)::contains);
        return member == null ? "nobody" : member.session().clientId();
    }

    @Test
    void routesOfSharedSubscriptionsCountTheirMembers() {
        String filter = "$share/g/a";
        local.add(device, subscription(filter, QOS_1));
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute(filter, ShardRoute.withMembers(3, 1)));
        local.add(keeper, subscription(filter, QOS_1));
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute(filter, ShardRoute.withMembers(3, 2)));
        local.remove(device, filter);
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute(filter, ShardRoute.withMembers(1, 1)));
        local.removeAll(keeper);
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute(filter, 0));
    }

    @Test
    void routesTellWhatIsWanted() {
        local.add(keeper, subscription("a", QOS_1));
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute("a", ShardRoute.WANTS_QOS_0));
        assertThat(local.version()).isEqualTo(1);

        local.add(device, subscription("a", QOS_0));
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute("a", 3));

        local.remove(device, "a");
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute("a", ShardRoute.WANTS_QOS_0));
        assertThat(local.routes()).containsExactly(new ShardRoute("a", ShardRoute.WANTS_QOS_0));

        local.removeAll(keeper);
        assertThat(local.takeRouteChanges()).containsExactly(new ShardRoute("a", 0));
        assertThat(local.routes()).isEmpty();
        assertThat(local.version()).isEqualTo(4);
    }

    @Test
    void whatComesAndGoesBetweenTwoTakesIsNoChange() {
        local.add(device, subscription("a", QOS_0));
        local.takeRouteChanges();

        local.add(device, subscription("b", QOS_0));
        local.remove(device, "b");
        local.remove(device, "a");
        local.add(device, subscription("a", QOS_2));

        assertThat(local.takeRouteChanges()).isEmpty();
        assertThat(local.version()).isEqualTo(1);
    }

    @Test // [MQTT-3.8.4-3]
    void aSubscriptionWithTheSameFilterIsReplaced() {
        assertThat(local.add(device, subscription("a", QOS_0))).isFalse();
        assertThat(local.add(device, subscription("a", QOS_2))).isTrue();

        assertThat(local.subscription(device, "a")).isEqualTo(subscription("a", QOS_2));
        assertThat(matched("a", QOS_2, "p")).containsExactly("device qos2 []");
        assertThat(local.remove(device, "a")).isTrue();
        assertThat(local.remove(device, "a")).isFalse();
        assertThat(local.size()).isZero();
    }

    @Test
    void deliveriesAndRoutesAgreeWithNaiveLists() {
        long seed = 4_711;
        Random random = new Random(seed);
        List<Session> sessions = new ArrayList<>();
        Map<Session, Map<String, Subscription>> naive = new LinkedHashMap<>();
        for (int i = 0; i < 12; i++) {
            sessions.add(new Session("c" + i, i % 2 == 0));
            naive.put(sessions.get(i), new LinkedHashMap<>());
        }
        Map<String, Integer> routes = new HashMap<>();
        int delivered = 0;
        for (int step = 0; step < 20_000; step++) {
            Session session = sessions.get(random.nextInt(sessions.size()));
            change(random, session, naive.get(session));
            String topic = RandomTopics.name(random);
            QoS qos = QoS.of(random.nextInt(3));
            String publisher = "c" + random.nextInt(14);
            List<String> expected = new ArrayList<>();
            naive.forEach((s, held) -> naiveDelivery(s, held.values(), topic, qos, publisher, expected));
            delivered += expected.size();
            assertThat(matched(topic, qos, publisher))
                    .as("seed %d step %d: %s %s by %s", seed, step, topic, qos, publisher)
                    .hasSize(expected.size())
                    .allSatisfy(delivery -> assertThat(expected).contains(sortedIds(delivery)));
            if (random.nextInt(10) == 0) {
                long before = local.version();
                List<ShardRoute> changes = local.takeRouteChanges();
                for (ShardRoute route : changes) {
                    int flagsBefore = routes.getOrDefault(route.filter(), 0);
                    assertThat(route.flags()).isNotEqualTo(flagsBefore);
                    routes.put(route.filter(), route.flags());
                }
                routes.values().removeIf(flags -> flags == 0);
                assertThat(local.version()).isEqualTo(before + (changes.isEmpty() ? 0 : 1));
                assertThat(routes).as("seed %d step %d", seed, step).isEqualTo(naiveRoutes(naive));
                assertThat(local.routes()).hasSize(routes.size());
            }
        }
        assertThat(delivered).isGreaterThan(10_000);
    }

    private void change(Random random, Session session, Map<String, Subscription> held) {
        int kind = random.nextInt(20);
        String filter = RandomTopics.filter(random);
        if (kind == 0) {
            local.removeAll(session);
            held.clear();
        } else if (kind < 9) {
            assertThat(local.remove(session, filter)).isEqualTo(held.remove(filter) != null);
        } else {
            Subscription subscription = new Subscription(
                    filter,
                    QoS.of(random.nextInt(3)),
                    random.nextBoolean(),
                    random.nextInt(4) == 0,
                    0,
                    random.nextInt(3));
            assertThat(local.add(session, subscription)).isEqualTo(held.put(filter, subscription) != null);
        }
    }

    private static void naiveDelivery(
            Session session,
            Iterable<Subscription> held,
            String topic,
            QoS qos,
            String publisher,
            List<String> expected) {
        List<Subscription> counted = new ArrayList<>();
        held.forEach(subscription -> {
            boolean own = subscription.noLocal() && session.clientId().equals(publisher);
            if (!own && TopicFilters.matches(subscription.filter(), topic)) {
                counted.add(subscription);
            }
        });
        int granted = counted.stream().mapToInt(s -> s.qos().value()).max().orElse(-1);
        int effective = Math.min(granted, qos.value());
        if (granted >= 0 && (effective == 0 || !session.persistent())) {
            boolean rap = counted.stream().anyMatch(Subscription::retainAsPublished);
            int[] ids = counted.stream()
                    .mapToInt(Subscription::subscriptionId)
                    .filter(id -> id > 0)
                    .sorted()
                    .toArray();
            expected.add(describe(session, QoS.of(effective), rap, ids));
        }
    }

    private static String sortedIds(String delivery) {
        int bracket = delivery.indexOf('[');
        String ids = delivery.substring(bracket + 1, delivery.length() - 1);
        if (ids.isEmpty()) {
            return delivery;
        }
        int[] sorted = Arrays.stream(ids.split(", "))
                .mapToInt(Integer::parseInt)
                .sorted()
                .toArray();
        return delivery.substring(0, bracket) + Arrays.toString(sorted);
    }

    private static Map<String, Integer> naiveRoutes(Map<Session, Map<String, Subscription>> naive) {
        Map<String, Integer> routes = new TreeMap<>();
        naive.forEach((session, held) -> held.values().forEach(subscription -> {
            int flags = session.persistent() && subscription.qos() != QOS_0 ? 1 : 3;
            routes.merge(subscription.filter(), flags, (a, b) -> a | b);
        }));
        return routes;
    }
}
