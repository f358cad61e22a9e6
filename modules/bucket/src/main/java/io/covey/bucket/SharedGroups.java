package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The groups of Shared Subscriptions that belong to this bucket, oldest first. A group is there as long as it has members. */
final class SharedGroups {
    private static final int[] NO_IDS = {};

    private final Ledger ledger;
    private final RouteCounts routes;
    private final Outbox outbox;
    private final OriginTable origins;
    private final Map<String, SharedGroup> groups = new LinkedHashMap<>();

    /** Whether a group may have stopped giving messages away because the outbox had no room. */
    private boolean halted;

    /** Whether a member may be stalled. */
    private boolean stalled;

    SharedGroups(Ledger ledger, RouteCounts routes, Outbox outbox, OriginTable origins) {
        this.ledger = ledger;
        this.routes = routes;
        this.outbox = outbox;
        this.origins = origins;
    }

    /** Applies a command to a group. */
    Result apply(SharedCommand command, long nowMillis) {
        if (command instanceof SharedCommand.Progress progress) {
            return progress(progress, nowMillis);
        } else if (command instanceof SharedCommand.Settle settle) {
            SharedGroup group = groups.get(settle.filter());
            if (group != null) {
                group.settle(settle);
                assign(group, nowMillis);
            }
            return Answers.DONE;
        } else if (command instanceof SharedCommand.Join join) {
            return join(join, nowMillis);
        } else if (command instanceof SharedCommand.Leave leave) {
            leave(leave);
            return Answers.DONE;
        } else if (command instanceof SharedCommand.Away away) {
            SharedGroup group = groups.get(away.filter());
            SharedMember member = group == null ? null : group.member(away.clientId());
            if (group != null && member != null && member.epoch == away.epoch()) {
                group.away(member);
            }
            return Answers.DONE;
        } else if (command instanceof SharedCommand.Decline decline) {
            decline(decline, nowMillis);
            return Answers.DONE;
        }
        giveBack((SharedCommand.GiveBack) command, nowMillis);
        return Answers.DONE;
    }

    private Result join(SharedCommand.Join join, long nowMillis) {
        SharedGroup group = groups.get(join.filter());
        boolean isNew = group == null || group.member(join.clientId()) == null;
        long bytes = SharedGroup.baseBytes(join.filter()) + 2L * join.clientId().length();
        Shortage shortage = isNew ? ledger.shortageForSessions(bytes) : null;
        if (shortage != null) {
            ledger.countRefused();
            return new Result.Refused(shortage);
        }
        SharedGroup joined = group == null ? new SharedGroup(join.filter(), ledger, outbox) : group;
        groups.put(join.filter(), joined);
        boolean routed = joined.isRouted();
        joined.join(join);
        changed(joined, routed);
        assign(joined, nowMillis);
        return Answers.DONE;
    }

    private void leave(SharedCommand.Leave leave) {
        SharedGroup group = groups.get(leave.filter());
        SharedMember member = group == null ? null : group.member(leave.clientId());
        if (group != null
                && member != null
                && member.incarnation == leave.incarnation()
                && member.epoch <= leave.epoch()) {
            remove(group, member);
        }
    }

    private void remove(SharedGroup group, SharedMember member) {
        boolean routed = group.isRouted();
        group.remove(member);
        changed(group, routed);
    }

    /** Members came or went: the group ends without any, and its route tells whether its messages come here. */
    private void changed(SharedGroup group, boolean wasRouted) {
        if (group.isRouted() && !wasRouted) {
            routes.add(group.filter(), QoS.AT_LEAST_ONCE);
        } else if (!group.isRouted() && wasRouted) {
            routes.remove(group.filter(), QoS.AT_LEAST_ONCE);
        }
        if (group.members().isEmpty()) {
            group.end();
            groups.remove(group.filter());
        }
    }

    private Result progress(SharedCommand.Progress progress, long nowMillis) {
        SharedGroup group = groups.get(progress.filter());
        SharedMember member = group == null ? null : group.member(progress.clientId());
        if (group != null && member != null && member.incarnation == progress.incarnation()) {
            member.stalled = false;
            member.progressed(progress.completed());
            group.ranks(member);
            assign(group, nowMillis);
        }
        return Answers.DONE;
    }

    private void decline(SharedCommand.Decline decline, long nowMillis) {
        if (!(outbox.find(decline.number()) instanceof OutboxEffect.HandOver over)) {
            return; // it was answered before
        }
        outbox.finish(new long[] {decline.number()});
        SharedGroup group = groups.get(over.filter());
        if (group != null) {
            group.putBack(over.message());
            SharedMember member = group.member(over.clientId());
            if (member != null && member.incarnation == over.incarnation()) {
                declined(group, member, decline);
            }
        }
        resume(nowMillis);
        if (group != null) {
            assign(group, nowMillis);
        }
    }

    private void declined(SharedGroup group, SharedMember member, SharedCommand.Decline decline) {
        member.assigned = Math.max(member.completed, member.assigned - 1);
        if (decline.gone()) {
            remove(group, member);
        } else if (decline.awayEpoch() < 0) {
            member.stalled = true; // until the next tick
            stalled = true;
            group.ranks(member);
        } else if (member.epoch <= decline.awayEpoch()) {
            group.away(member); // it has not heard yet; a newer connection has joined by itself
        } else {
            group.ranks(member);
        }
    }

    private void giveBack(SharedCommand.GiveBack back, long nowMillis) {
        Origin origin = back.origin();
        if (origin != null) {
            if (origins.isRepeat(origin)) {
                return;
            }
            origins.record(origin, nowMillis);
        }
        SharedGroup group = groups.get(back.filter());
        if (group == null) {
            return; // the group has ended, and its messages with it
        }
        SharedMember member = group.member(back.clientId());
        if (back.left() && member != null && member.incarnation == back.incarnation()) {
            remove(group, member);
        }
        if (group.isServed()) {
            List<Message> messages = back.messages();
            for (int i = messages.size() - 1; i >= 0; i--) {
                group.putBack(messages.get(i));
            }
            assign(group, nowMillis);
        }
    }

    private void assign(SharedGroup group, long nowMillis) {
        halted |= !group.assign(nowMillis);
    }

    /** The outbox may have room again. */
    void resume(long nowMillis) {
        if (halted && outbox.admitsShared()) {
            halted = false;
            for (SharedGroup group : groups.values()) {
                if (group.isHalted()) {
                    assign(group, nowMillis);
                }
            }
        }
    }

    /** The groups of these filters that have somebody to receive; none for most publishes. */
    List<SharedGroup> served(List<String> filters) {
        if (filters.isEmpty()) {
            return List.of();
        }
        List<SharedGroup> found = new ArrayList<>(filters.size());
        for (String filter : filters) {
            SharedGroup group = groups.get(filter);
            if (group != null && group.isServed()) {
                found.add(group);
            }
        }
        return found;
    }

    /**
     * Queues a message for one member of each group.
     *
     * @return how many dropped it by their queue's limit
     */
    int append(List<SharedGroup> to, HeldMessage held, long nowMillis) {
        long droppedBefore = ledger.droppedByQueueLimit();
        for (int i = 0; i < to.size(); i++) {
            SharedGroup group = to.get(i);
            Message message = held.message();
            QueuedMessage entry = new QueuedMessage(held, message.qos(), message.retain(), NO_IDS);
            if (message.isExpired(nowMillis)) { // [MQTT-3.3.2-5]
                ledger.countDroppedByExpiry();
            } else if (!group.makeRoom(entry.queueBytes(), ledger.limits())) {
                ledger.countDroppedByQueueLimit();
            } else {
                group.add(entry);
                assign(group, nowMillis);
            }
        }
        return (int) (ledger.droppedByQueueLimit() - droppedBefore);
    }

    /** A node is gone, with the connections there. */
    void nodeGone(long node, long nowMillis) {
        for (SharedGroup group : List.copyOf(groups.values())) {
            boolean routed = group.isRouted();
            group.nodeGone(node);
            changed(group, routed);
            assign(group, nowMillis);
        }
    }

    /** Drops what has expired, and gives members for which there was no room another chance. */
    void tick(long nowMillis) {
        boolean retrying = stalled;
        stalled = false;
        for (SharedGroup group : groups.values()) {
            if (group.earliestExpiryMillis() <= nowMillis) {
                group.expire(nowMillis);
            }
            if (retrying) {
                group.forgetStalls();
                assign(group, nowMillis);
            }
        }
    }

    /** All groups, oldest first. */
    Collection<SharedGroup> groups() {
        return groups.values();
    }

    /** Takes over an empty group from a snapshot; {@link #restored} once it is filled. */
    SharedGroup restore(String filter) {
        SharedGroup group = new SharedGroup(filter, ledger, outbox);
        groups.put(filter, group);
        return group;
    }

    /** A group is as the snapshot tells. */
    void restored(SharedGroup group) {
        if (group.isRouted()) {
            routes.add(group.filter(), QoS.AT_LEAST_ONCE);
        }
        halted |= group.isHalted();
        stalled |= group.members().stream().anyMatch(member -> member.stalled);
    }
}
