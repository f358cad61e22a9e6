package io.covey.routing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The members of Shared Subscriptions that are connected to one shard, by the filter with its prefix; each group in the order of joining, and
 * taken in turn. Owned by the shard's loop.
 *
 * @param <M> the members, distinguished by identity
 */
final class SharedMembers<M> {
    private final Map<String, Group<M>> groups = new HashMap<>();

    private static final class Group<M> {
        private final List<M> members = new ArrayList<>(2);
        private int next;
    }

    void add(String filter, M member) {
        groups.computeIfAbsent(filter, name -> new Group<>()).members.add(member);
    }

    void remove(String filter, M member) {
        Group<M> group = groups.get(filter);
        int at = group == null ? -1 : group.members.indexOf(member);
        if (group == null || at < 0) {
            return;
        }
        group.members.remove(at);
        group.next -= at < group.next ? 1 : 0;
        if (group.members.isEmpty()) {
            groups.remove(filter);
        }
    }

    /** The member whose turn it is among those that are suitable; null where none is. */
    @Nullable
    M next(String filter, Predicate<? super M> suitable) {
        Group<M> group = groups.get(filter);
        if (group == null) {
            return null;
        }
        int count = group.members.size();
        for (int i = 0; i < count; i++) {
            int at = (group.next + i) % count;
            M member = group.members.get(at);
            if (suitable.test(member)) {
                group.next = (at + 1) % count;
                return member;
            }
        }
        return null;
    }
}
