package io.covey.cluster;

import io.covey.broker.MembershipView;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Numbers the views of a node's membership and remembers, newest last and bounded, which incarnations left. */
final class Incarnations {
    /** How many departed incarnations a view names. */
    static final int DEPARTED_MAX = 256;

    private final Deque<Long> departed = new ArrayDeque<>();
    private final Set<Long> forgiven = new HashSet<>();
    private List<Long> present = List.of();
    private long number;

    /** The view after the members have become these; the view with the same number where nothing changed. */
    synchronized MembershipView changed(List<Long> now) {
        if (number == 0 || !present.equals(now)) {
            for (long before : present) {
                if (!now.contains(before)) {
                    departed.addLast(before);
                }
            }
            departed.removeAll(now);
            forgiven.removeAll(now);
            while (departed.size() > DEPARTED_MAX) {
                forgiven.remove(departed.removeFirst());
            }
            present = List.copyOf(now);
            number++;
        }
        return new MembershipView(number, present, new ArrayList<>(departed));
    }

    /** Notes incarnations of an earlier life of the cluster: they left before anyone here came. Tells with the next view. */
    synchronized void earlier(List<Long> gone) {
        for (long incarnation : gone) {
            if (!present.contains(incarnation) && !departed.contains(incarnation)) {
                departed.addLast(incarnation);
            }
        }
        while (departed.size() > DEPARTED_MAX) {
            forgiven.remove(departed.removeFirst());
        }
        number++;
    }

    /**
     * For a node that joins again: whom it saw leave while it was cut off may be here after all. It keeps naming those who are not, its own
     * earlier incarnations among them.
     */
    synchronized void forgive() {
        forgiven.addAll(departed);
    }

    /** Whether an incarnation was in a view and left: it does not come back. */
    synchronized boolean hasDeparted(long incarnation) {
        return departed.contains(incarnation) && !forgiven.contains(incarnation);
    }
}
