package io.covey.testkit;

import io.covey.protocol.QoS;
import io.covey.testkit.Scenario.Feature;
import io.covey.testkit.SimulatedClient.Wish;
import io.covey.testkit.SimulatedPublisher.Style;
import java.util.ArrayList;
import java.util.List;

/** The clients of a run, and what makes them lose their connections. */
final class Population {
    private static final String[] TOPICS = {"a/1", "a/2", "b/1"};
    private static final String[] FILTERS = {"a/+", "#", "b/1", "a/1"};
    private static final int VISITOR_EXPIRY_SECONDS = 4;

    private final EventQueue events;
    private final Scenario scenario;
    private final SimulatedClient.World world;
    private final List<SimulatedClient> all = new ArrayList<>();
    private final List<SimulatedPublisher> publishers = new ArrayList<>();
    private final List<SimulatedSubscriber> subscribers = new ArrayList<>();
    private final List<SimulatedReader> readers = new ArrayList<>();
    private boolean calm;

    Population(EventQueue events, Scenario scenario, SimulatedClient.World world) {
        this.events = events;
        this.scenario = scenario;
        this.world = world;
    }

    /** All clients appear within the next seconds. */
    void start() {
        subscribers();
        groups();
        publishers();
        if (scenario.has(Feature.WILLS)) {
            subscriber("heir", "w/#", QoS.EXACTLY_ONCE, Wish.PERSISTENT);
            for (int i = 0; i < 3; i++) {
                all.add(new SimulatedMortal(world, "mortal" + i));
            }
        }
        if (scenario.has(Feature.RETAINED)) {
            retained();
        }
        for (SimulatedClient client : all) {
            events.after(events.between(0, 2_500_000), client::connect);
            if (!(client instanceof SimulatedMortal) && !client.id.startsWith("stays")) {
                disturbSometimes(client);
            }
        }
        for (SimulatedSubscriber subscriber : subscribers) {
            if (subscriber.id.startsWith("toggle")) {
                subscriber.toggle();
            } else if (subscriber.id.startsWith("visitor")) {
                goAwaySometimes(subscriber);
            }
        }
        publishers.forEach(SimulatedPublisher::run);
    }

    private void subscribers() {
        for (int i = 0; i < FILTERS.length; i++) {
            QoS qos = i % 2 == 0 || events.chance(0.5) ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
            subscriber("sub" + i, FILTERS[i], qos, Wish.PERSISTENT);
        }
        if (scenario.has(Feature.TRANSIENT_SUBSCRIBERS)) {
            QoS[] levels = {QoS.EXACTLY_ONCE, QoS.AT_LEAST_ONCE, QoS.AT_MOST_ONCE};
            for (int i = 0; i < levels.length; i++) {
                subscriber("transient" + i, FILTERS[i], levels[i], Wish.TRANSIENT);
            }
        }
        if (scenario.has(Feature.UNSUBSCRIBES)) {
            subscriber("toggle0", "a/+", QoS.EXACTLY_ONCE, Wish.PERSISTENT);
            subscriber("toggle1", "a/1", QoS.AT_LEAST_ONCE, Wish.PERSISTENT);
            subscriber("toggle2", "a/+", QoS.EXACTLY_ONCE, Wish.TRANSIENT);
        }
        if (scenario.has(Feature.EXPIRY)) {
            Wish wish = new Wish(false, VISITOR_EXPIRY_SECONDS, null);
            subscriber("visitor0", "a/+", QoS.EXACTLY_ONCE, wish);
            subscriber("visitor1", "b/1", QoS.AT_LEAST_ONCE, wish);
        }
    }

    /** Groups; of each the first member is the one that stays. */
    private void groups() {
        if (scenario.has(Feature.SHARED_BY_SESSIONS)) {
            String filter = "$share/sessions/a/+";
            member("kept0", filter, QoS.EXACTLY_ONCE, Wish.PERSISTENT);
            member("kept1", filter, QoS.AT_LEAST_ONCE, Wish.PERSISTENT);
            member("toggle-kept", filter, QoS.EXACTLY_ONCE, Wish.PERSISTENT);
        }
        Wish visit = new Wish(false, VISITOR_EXPIRY_SECONDS, null);
        if (scenario.has(Feature.SHARED_BY_ALL)) {
            String filter = "$share/all/b/1";
            member("mixed0", filter, QoS.EXACTLY_ONCE, Wish.PERSISTENT);
            member("mixed1", filter, QoS.AT_LEAST_ONCE, Wish.TRANSIENT);
            member("mixed2", filter, QoS.EXACTLY_ONCE, Wish.TRANSIENT);
            member("visitor-mixed", filter, QoS.EXACTLY_ONCE, visit);
        }
        if (scenario.has(Feature.SHARED_BY_CONNECTIONS)) {
            String filter = "$share/connections/a/1";
            member("stays0", filter, QoS.AT_LEAST_ONCE, Wish.TRANSIENT);
            member("comes1", filter, QoS.AT_LEAST_ONCE, Wish.TRANSIENT);
            member("comes2", filter, QoS.EXACTLY_ONCE, Wish.TRANSIENT);
            member("comes3", filter, QoS.AT_MOST_ONCE, Wish.TRANSIENT);
        }
    }

    private void member(String id, String filter, QoS qos, Wish wish) {
        boolean keepsItsSession = wish.expirySeconds() == SimulatedClient.NEVER_EXPIRES;
        world.history().share(id, filter, keepsItsSession, world.nodes()::mayBeOver);
        subscriber(id, filter, qos, wish);
    }

    private void subscriber(String id, String filter, QoS qos, Wish wish) {
        SimulatedSubscriber subscriber = new SimulatedSubscriber(world, id, filter, qos, wish);
        subscribers.add(subscriber);
        all.add(subscriber);
    }

    private void publishers() {
        QoS[] levels = {QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE};
        for (int i = 0; i < 4; i++) {
            double expiring = scenario.has(Feature.EXPIRY) && i >= 2 ? 0.5 : 0;
            publisher("pub" + i, new Style(levels[i % 2], TOPICS, 6, false, expiring, 60_000));
        }
        if (scenario.has(Feature.TRANSIENT_SUBSCRIBERS)) {
            publisher("pub4", new Style(QoS.AT_MOST_ONCE, TOPICS, 6, false, 0, 60_000));
        }
    }

    private void retained() {
        for (int i = 0; i < 3; i++) {
            QoS qos = i % 2 == 0 ? QoS.AT_LEAST_ONCE : QoS.EXACTLY_ONCE;
            String[] topics = i == 2 ? new String[] {"r/own"} : new String[] {"r/1", "r/2"};
            publisher("writer" + i, new Style(qos, topics, i == 2 ? 1 : 2, true, 0, 400_000));
        }
        String[] filters = {"r/+", "r/1", "#"};
        for (int i = 0; i < filters.length; i++) {
            SimulatedReader reader = new SimulatedReader(world, "reader" + i, filters[i], QoS.of(i));
            readers.add(reader);
            all.add(reader);
        }
    }

    private void publisher(String id, Style style) {
        SimulatedPublisher publisher = new SimulatedPublisher(world, id, style);
        publishers.add(publisher);
        all.add(publisher);
    }

    private void disturbSometimes(SimulatedClient client) {
        events.after(events.between(500_000, 8_000_000), () -> {
            if (!calm) {
                disturb(client);
                disturbSometimes(client);
            }
        });
    }

    private void disturb(SimulatedClient client) {
        boolean takeovers = scenario.has(Feature.TAKEOVERS) && !client.id.startsWith("visitor");
        switch (takeovers ? (int) events.between(0, 3) : 0) {
            case 1 -> client.roam();
            case 2 -> client.haunt();
            case 3 -> {
                client.haunt();
                client.haunt();
                events.after(events.between(0, 5_000), client::roam);
            }
            default -> client.drop();
        }
    }

    private void goAwaySometimes(SimulatedSubscriber visitor) {
        events.after(events.between(1_000_000, 10_000_000), () -> {
            if (!calm) {
                if (visitor.isConnected()) {
                    visitor.leaveFor(events.chance(0.2) ? 27_000_000 : events.between(100_000, 8_000_000));
                }
                goAwaySometimes(visitor);
            }
        });
    }

    /** Nobody starts anything new; what is begun is finished. */
    void calmDown() {
        calm = true;
        all.forEach(SimulatedClient::stop);
    }

    /** Whether everything that was begun is finished and everybody listens. */
    boolean isSettled() {
        boolean published = publishers.stream().allMatch(SimulatedClient::isIdle);
        if (published) {
            readers.forEach(SimulatedReader::expectLast);
        }
        return published
                && readers.stream().allMatch(SimulatedClient::isIdle)
                && subscribers.stream().allMatch(s -> s.isConnected() && s.isSubscribed());
    }

    /** Who holds up the end. */
    List<String> unsettled() {
        return all.stream()
                .filter(client -> !client.isIdle() || !client.isConnected())
                .map(client -> client.id + (client.isConnected() ? " connected" : " not connected"))
                .toList();
    }
}
