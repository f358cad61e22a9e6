package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the groups of a bucket should do, written down as plainly as possible: lists that are searched, and no accounts. Sessions, byte limits
 * and a full outbox are not in it.
 */
final class ModelGroups {
    private final BucketLimits limits;
    final Map<String, Group> groups = new LinkedHashMap<>();
    final Map<Long, OutboxEffect> outbox = new TreeMap<>();
    private final Set<String> seen = new TreeSet<>();
    private final Set<Long> gone = new TreeSet<>();
    private List<OutboxEntry> created = new ArrayList<>();
    private long lastNumber;
    private long now;
    long droppedByLimit;
    long droppedByExpiry;

    static final class Member {
        String clientId;
        long incarnation;
        long epoch;
        ShardAddress shard;
        boolean durable;
        QoS qos;
        int room;
        long assigned;
        long completed;
        boolean stalled;

        boolean isQueued() {
            return durable && qos != QoS.AT_MOST_ONCE;
        }

        boolean isReady() {
            return shard != null && !stalled && assigned - completed < room;
        }
    }

    record Loan(Member member, long epoch, ShardAddress shard, QoS qos, Message message) {}

    static final class Group {
        String filter;
        final Map<String, Member> members = new LinkedHashMap<>();
        /** Client ids, the one whose turn it is first. */
        final List<String> turns = new ArrayList<>();

        final List<Message> waiting = new ArrayList<>();
        final TreeMap<Long, Loan> lent = new TreeMap<>();

        boolean isServed() {
            return members.values().stream().anyMatch(member -> member.isQueued() || member.shard != null);
        }
    }

    ModelGroups(BucketLimits limits) {
        this.limits = limits;
    }

    void begin(long timeMillis) {
        now = Math.max(now, timeMillis);
        created = new ArrayList<>();
    }

    /** What the batch has put into the outbox. */
    List<OutboxEntry> created() {
        return created;
    }

    /** The groups that a bucket announces. */
    Set<String> routes() {
        Set<String> routes = new TreeSet<>();
        groups.forEach((filter, group) -> {
            if (group.members.values().stream().anyMatch(Member::isQueued)) {
                routes.add(filter);
            }
        });
        return routes;
    }

    /** Messages that wait or are lent. */
    long queued() {
        return groups.values().stream()
                .mapToLong(group -> group.waiting.size() + group.lent.size())
                .sum();
    }

    Result apply(Command command) {
        if (command instanceof Command.Append append) {
            return append(append);
        } else if (command instanceof Command.FinishOutbox finish) {
            for (long number : finish.numbers()) {
                outbox.remove(number);
            }
        } else if (command instanceof Command.NodeGone node) {
            if (gone.add(node.node())) {
                List.copyOf(groups.values()).forEach(group -> nodeGone(group, node.node()));
            }
        } else if (command instanceof Command.Tick) {
            groups.values().forEach(this::tick);
            return new Result.Ticked(List.of());
        } else if (command instanceof SharedCommand.Join join) {
            join(join);
        } else if (command instanceof SharedCommand.Decline decline) {
            decline(decline);
        } else if (command instanceof SharedCommand.GiveBack back) {
            giveBack(back);
        } else {
            ofMember(command);
        }
        return new Result.Done();
    }

    private void ofMember(Command command) {
        if (command instanceof SharedCommand.Leave leave) {
            Member member = find(leave.filter(), leave.clientId());
            if (member != null && member.incarnation == leave.incarnation() && member.epoch <= leave.epoch()) {
                remove(group(leave.filter()), member);
            }
        } else if (command instanceof SharedCommand.Away away) {
            Member member = find(away.filter(), away.clientId());
            if (member != null && member.epoch == away.epoch()) {
                away(group(away.filter()), member);
            }
        } else if (command instanceof SharedCommand.Progress progress) {
            Member member = find(progress.filter(), progress.clientId());
            if (member != null && member.incarnation == progress.incarnation()) {
                member.stalled = false;
                completed(member, progress.completed());
                rank(group(progress.filter()), member);
                assign(group(progress.filter()));
            }
        } else if (command instanceof SharedCommand.Settle settle && groups.containsKey(settle.filter())) {
            settle(group(settle.filter()), settle);
        }
    }

    private Group group(String filter) {
        return Objects.requireNonNull(groups.get(filter));
    }

    private Member find(String filter, String clientId) {
        Group group = groups.get(filter);
        return group == null ? null : group.members.get(clientId);
    }

    private static void completed(Member member, long count) {
        member.completed = Math.max(member.completed, count);
        member.assigned = Math.max(member.assigned, member.completed);
    }

    private static void rank(Group group, Member member) {
        if (!member.isReady()) {
            group.turns.remove(member.clientId);
        } else if (!group.turns.contains(member.clientId)) {
            group.turns.add(member.clientId);
        }
    }

    private void join(SharedCommand.Join join) {
        Group group = groups.computeIfAbsent(join.filter(), filter -> new Group());
        group.filter = join.filter();
        Member member = group.members.get(join.clientId());
        if (member != null && member.epoch > join.epoch()) {
            assign(group);
            return;
        }
        boolean isNew = member == null || member.incarnation != join.incarnation();
        if (isNew) {
            if (member != null) {
                drop(group, member);
            }
            member = new Member();
            member.clientId = join.clientId();
            member.incarnation = join.incarnation();
            group.members.put(join.clientId(), member);
        }
        boolean lentAnew = !isNew && !(join.durable() && join.qos() != QoS.AT_MOST_ONCE) && join.epoch() > member.epoch;
        member.epoch = join.epoch();
        member.shard = join.shard();
        member.durable = join.durable();
        member.qos = join.qos();
        member.room = join.room();
        member.stalled = false;
        completed(member, lentAnew ? member.assigned : join.completed());
        rank(group, member);
        assign(group);
    }

    private void drop(Group group, Member member) {
        group.members.remove(member.clientId);
        group.turns.remove(member.clientId);
        if (!group.isServed()) {
            group.waiting.clear();
        }
    }

    private void remove(Group group, Member member) {
        drop(group, member);
        if (group.members.isEmpty()) {
            groups.remove(group.filter);
        }
    }

    private static void away(Group group, Member member) {
        member.shard = null;
        rank(group, member);
        if (!group.isServed()) {
            group.waiting.clear();
        }
    }

    private void nodeGone(Group group, long node) {
        for (Member member : List.copyOf(group.members.values())) {
            if (member.shard != null && member.shard.node() == node) {
                if (member.durable) {
                    away(group, member);
                } else {
                    drop(group, member);
                }
            }
        }
        List<Message> back = new ArrayList<>();
        for (long number : List.copyOf(group.lent.keySet())) {
            Loan loan = Objects.requireNonNull(group.lent.get(number));
            if (loan.shard.node() == node) {
                group.lent.remove(number);
                if (loan.qos == QoS.AT_LEAST_ONCE && group.isServed()) { // [MQTT-4.8.2-5]
                    back.add(loan.message);
                }
            }
        }
        group.waiting.addAll(0, back);
        if (group.members.isEmpty()) {
            groups.remove(group.filter);
        } else {
            assign(group);
        }
    }

    private void tick(Group group) {
        int before = group.waiting.size();
        group.waiting.removeIf(this::isExpired);
        droppedByExpiry += before - group.waiting.size();
        for (Member member : group.members.values()) {
            if (member.stalled) {
                member.stalled = false;
                rank(group, member);
            }
        }
        assign(group);
    }

    private boolean isExpired(Message message) {
        return message.expiresAtMillis() <= now;
    }

    private Result append(Command.Append append) {
        Message message = append.message();
        List<Group> served = new ArrayList<>();
        for (String filter : append.shared()) {
            Group group = groups.get(filter);
            if (group != null && group.isServed()) {
                served.add(group);
            }
        }
        boolean full = served.stream().anyMatch(group -> group.waiting.size() >= limits.queueMessagesMax());
        if (full && limits.queueOverflow() == QueueOverflow.REFUSE && !isExpired(message)) {
            return new Result.Appended(List.of(), served.size(), 0, Shortage.QUEUE);
        }
        int dropped = 0;
        for (Group group : served) {
            if (isExpired(message)) {
                droppedByExpiry++;
                continue;
            }
            if (group.waiting.size() >= limits.queueMessagesMax()) {
                dropped++;
                if (limits.queueOverflow() != QueueOverflow.DROP_OLDEST) {
                    continue;
                }
                // What was given back came beyond the limit; all of that makes room, too.
                dropped--;
                while (group.waiting.size() >= limits.queueMessagesMax()) {
                    group.waiting.remove(0);
                    dropped++;
                }
            }
            group.waiting.add(message);
            assign(group);
        }
        droppedByLimit += dropped;
        return new Result.Appended(List.of(), served.size(), dropped, null);
    }

    private void assign(Group group) {
        while (!group.waiting.isEmpty()) {
            Message message = group.waiting.get(0);
            if (isExpired(message)) {
                group.waiting.remove(0);
                droppedByExpiry++;
                continue;
            }
            if (group.turns.isEmpty()) {
                return;
            }
            group.waiting.remove(0);
            Member member = Objects.requireNonNull(group.members.get(group.turns.remove(0)));
            member.assigned++;
            lastNumber++;
            OutboxEffect effect = member.isQueued()
                    ? new OutboxEffect.HandOver(group.filter, member.clientId, member.incarnation, message)
                    : new OutboxEffect.Offer(group.filter, member.clientId, member.epoch, member.shard, message);
            if (!member.isQueued()) {
                QoS qos = message.qos().min(member.qos);
                group.lent.put(lastNumber, new Loan(member, member.epoch, member.shard, qos, message));
            }
            outbox.put(lastNumber, effect);
            created.add(new OutboxEntry(lastNumber, outbox.keySet().iterator().next(), effect));
            rank(group, member);
        }
    }

    private void settle(Group group, SharedCommand.Settle settle) {
        for (long number : settle.completed()) {
            repaid(group, group.lent.remove(number));
        }
        for (int i = settle.returned().length - 1; i >= 0; i--) {
            Loan loan = group.lent.remove(settle.returned()[i]);
            if (loan != null && group.isServed()) {
                group.waiting.add(0, loan.message);
            }
            repaid(group, loan);
        }
        assign(group);
    }

    private static void repaid(Group group, Loan loan) {
        Member member = loan == null ? null : group.members.get(loan.member.clientId);
        if (member != null && member.epoch == loan.epoch) {
            completed(member, member.completed + 1);
            rank(group, member);
        }
    }

    private void decline(SharedCommand.Decline decline) {
        if (!(outbox.get(decline.number()) instanceof OutboxEffect.HandOver over)) {
            return;
        }
        outbox.remove(decline.number());
        Group group = groups.get(over.filter());
        if (group == null) {
            return;
        }
        group.waiting.add(0, over.message());
        Member member = group.members.get(over.clientId());
        if (member != null && member.incarnation == over.incarnation()) {
            member.assigned = Math.max(member.completed, member.assigned - 1);
            if (decline.gone()) {
                remove(group, member);
            } else if (decline.awayEpoch() < 0) {
                member.stalled = true;
                rank(group, member);
            } else if (member.epoch <= decline.awayEpoch()) {
                away(group, member);
            } else {
                rank(group, member);
            }
        }
        if (groups.containsKey(over.filter())) {
            assign(group);
        }
    }

    private void giveBack(SharedCommand.GiveBack back) {
        if (back.origin() != null
                && !seen.add(back.origin().source() + " " + back.origin().number())) {
            return;
        }
        Group group = groups.get(back.filter());
        if (group == null) {
            return;
        }
        Member member = group.members.get(back.clientId());
        if (back.left() && member != null && member.incarnation == back.incarnation()) {
            remove(group, member);
        }
        if (group.isServed()) {
            group.waiting.addAll(0, back.messages());
            assign(group);
        }
    }
}
