package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChannelTest {
    private static final ShardAddress SELF = new ShardAddress(1, 0);
    private static final ShardAddress TARGET = new ShardAddress(2, 1);

    private final List<NodeMessage.Publishes> wire = new ArrayList<>();
    private final Channel channel =
            new Channel(SELF, TARGET, (target, message) -> wire.add((NodeMessage.Publishes) message));
    private final ChannelInbox inbox = new ChannelInbox();
    private final List<String> delivered = new ArrayList<>();

    private static Message message(String topic, QoS qos, int bytes) {
        return new Message(topic, new byte[bytes], qos, false, Properties.EMPTY, 0, Message.NEVER);
    }

    private static NodeMessage.Publishes.Item item(Message message) {
        return new NodeMessage.Publishes.Item("p", message, null, null);
    }

    private boolean offer(String topic, QoS qos) {
        return channel.offer(item(message(topic, qos, 10)), 0);
    }

    private void take(NodeMessage.Publishes publishes) {
        inbox.accept(publishes, item -> delivered.add(item.message().topic()));
    }

    @Test
    void whatIsOfferedInATurnTravelsTogether() {
        offer("a", QoS.AT_LEAST_ONCE);
        offer("b", QoS.AT_MOST_ONCE);
        assertThat(wire).isEmpty();
        channel.flush(0);
        channel.flush(0);

        assertThat(wire).hasSize(1);
        take(wire.get(0));
        assertThat(delivered).containsExactly("a", "b");
    }

    @Test
    void batchesAreResentUntilAcknowledged() {
        offer("a", QoS.AT_LEAST_ONCE);
        channel.flush(0);
        channel.resend(Channel.RESEND_MILLIS - 1);
        assertThat(wire).hasSize(1);
        channel.resend(Channel.RESEND_MILLIS);
        assertThat(wire).hasSize(2);
        assertThat(channel.isIdle()).isFalse();

        channel.acknowledged(1, Channel.RESEND_MILLIS);
        channel.resend(9 * Channel.RESEND_MILLIS);

        assertThat(wire).hasSize(2);
        assertThat(channel.isIdle()).isTrue();
    }

    @Test
    void whatWasLostFollowsAtThePaceOfTheAnswers() {
        for (int i = 0; i < 3 * Channel.RESEND_BATCHES_MAX; i++) {
            offer("t" + i, QoS.AT_LEAST_ONCE);
            channel.flush(0);
        }
        wire.clear();
        channel.resend(1_000);
        assertThat(wire).hasSize(Channel.RESEND_BATCHES_MAX);

        channel.acknowledged(Channel.RESEND_BATCHES_MAX, 1_001);
        assertThat(wire).hasSize(2 * Channel.RESEND_BATCHES_MAX);
        channel.acknowledged(Channel.RESEND_BATCHES_MAX + 1, 1_002);
        assertThat(wire).as("the head is on its way").hasSize(2 * Channel.RESEND_BATCHES_MAX);
    }

    @Test
    void qos0IsDroppedWhenHalfFullAndOthersAreTakenUntilFull() {
        int taken = 0;
        while (offer("a", QoS.AT_MOST_ONCE)) {
            taken++;
        }
        assertThat(taken).isEqualTo(Channel.MESSAGES_MAX / 2);
        while (!channel.isFull()) {
            assertThat(offer("b", QoS.AT_LEAST_ONCE)).isTrue();
            taken++;
        }
        assertThat(taken).isEqualTo(Channel.MESSAGES_MAX);

        channel.flush(0);
        channel.acknowledged(wire.get(wire.size() - 1).sequence(), 0);
        assertThat(channel.isFull()).isFalse();
        assertThat(offer("a", QoS.AT_MOST_ONCE)).isTrue();
    }

    @Test
    void bytesAreBoundedToo() {
        int taken = 0;
        while (!channel.isFull()) {
            channel.offer(item(message("a", QoS.AT_LEAST_ONCE, 100_000)), 0);
            taken++;
        }
        channel.flush(0);

        assertThat(taken).isBetween(80, 84);
        assertThat(wire).allSatisfy(batch -> assertThat(batch.items()).hasSizeLessThanOrEqualTo(2));
        channel.acknowledged(wire.get(wire.size() - 1).sequence(), 0);
        assertThat(channel.isIdle()).isTrue();
    }

    @Test
    void aChannelToANodeThatIsGoneHoldsNothing() {
        offer("a", QoS.AT_LEAST_ONCE);
        channel.flush(0);
        channel.close();
        offer("b", QoS.AT_LEAST_ONCE);
        channel.flush(0);
        channel.resend(1_000);

        assertThat(wire).hasSize(1);
        assertThat(channel.isIdle()).isTrue();
    }

    @Test // I4
    void everyPublishArrivesOnceAndInOrderOverALossyLink() {
        for (long seed = 1; seed <= 50; seed++) {
            Random random = new Random(seed);
            List<NodeMessage.Publishes> link = new ArrayList<>();
            List<Long> acknowledgements = new ArrayList<>();
            Channel sender = new Channel(SELF, TARGET, (target, message) -> {
                for (int copies = random.nextInt(3); copies > 0; copies--) {
                    link.add((NodeMessage.Publishes) message);
                }
            });
            ChannelInbox receiver = new ChannelInbox();
            List<String> expected = new ArrayList<>();
            List<String> arrived = new ArrayList<>();
            for (long now = 0; now < 20_000 || !sender.isIdle(); now += 20) {
                for (int i = now < 20_000 ? random.nextInt(4) : 0; i > 0; i--) {
                    expected.add("t" + expected.size());
                    sender.offer(item(message(expected.get(expected.size() - 1), QoS.AT_LEAST_ONCE, 10)), now);
                }
                sender.flush(now);
                sender.resend(now);
                while (!link.isEmpty() && random.nextInt(4) > 0) {
                    NodeMessage.Publishes next = link.remove(random.nextInt(Math.min(3, link.size())));
                    receiver.accept(next, item -> arrived.add(item.message().topic()));
                    acknowledgements.add(receiver.received());
                }
                while (!acknowledgements.isEmpty() && random.nextInt(3) > 0) {
                    long number = acknowledgements.remove(0);
                    if (random.nextInt(3) > 0) {
                        sender.acknowledged(number, now);
                    }
                }
                if (now > 20_000 && acknowledgements.isEmpty()) {
                    acknowledgements.add(receiver.received());
                }
                assertThat(now).as("seed %d: it never ends", seed).isLessThan(2_000_000);
            }
            assertThat(arrived).as("seed %d", seed).isEqualTo(expected);
        }
    }
}
