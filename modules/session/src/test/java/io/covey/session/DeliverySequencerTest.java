package io.covey.session;

import static io.covey.session.TestClient.opened;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.QueueEntry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DeliverySequencerTest {
    private final TestClient client = new TestClient().persistent();

    @Test
    @DisplayName("I5: hints out of order are sent in order")
    void earlyHintsWaitForTheMissingOne() {
        client.connected().hint(3, 1).hint(2, 1);
        assertThat(client.topics()).isEmpty();

        client.hint(1, 1);

        assertThat(client.topics()).containsExactly("t1", "t2", "t3");
        client.passMillis(5_000);
        assertThat(client.effects.fetches).isEmpty();
    }

    @Test
    @DisplayName("I5: repeated and late hints are ignored")
    void repeatsAreIgnored() {
        client.connected().hint(1, 1).hint(1, 1).hint(3, 1).hint(3, 1);
        client.handed(client.entry(1, 1), client.entry(2, 1), client.entry(3, 1));
        client.hint(2, 1).hint(3, 1);

        assertThat(client.topics()).containsExactly("t1", "t2", "t3");
    }

    @Test
    @DisplayName("I5: a lost hint is fetched after a few milliseconds")
    void openGapIsFetched() {
        client.connected().hint(2, 1);
        assertThat(client.effects.wakes).containsExactly(client.nowMillis + DeliverySequencer.GAP_MILLIS);
        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(client.nowMillis + DeliverySequencer.GAP_MILLIS);

        client.passMillis(DeliverySequencer.GAP_MILLIS - 1);
        assertThat(client.effects.fetches).isEmpty();
        client.passMillis(1);
        assertThat(client.effects.fetches).containsExactly(1L);
        client.passMillis(1).passMillis(1);
        assertThat(client.effects.fetches).hasSize(1);

        client.handed(client.entry(1, 1), client.entry(2, 1));
        assertThat(client.topics()).containsExactly("t1", "t2");
        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void fetchThatDoesNotCloseTheGapIsRepeated() {
        client.connected().hint(3, 1).passMillis(DeliverySequencer.GAP_MILLIS);

        client.handed(client.entry(1, 1)).passMillis(DeliverySequencer.GAP_MILLIS);
        assertThat(client.effects.fetches).containsExactly(1L, 2L);
        client.passMillis(DeliverySequencer.FETCH_AGAIN_MILLIS - 1);
        assertThat(client.effects.fetches).hasSize(2);
        client.passMillis(1);

        assertThat(client.effects.fetches).containsExactly(1L, 2L, 2L);
    }

    @Test
    void hintsFarAheadAreNotKeptButFetched() {
        int far = DeliverySequencer.AHEAD_MAX + 1;
        client.connected();
        for (int sequence = far; sequence >= 2; sequence--) {
            client.hint(sequence, 1);
        }

        client.hint(1, 1);
        assertThat(client.topics()).hasSize(far - 1);
        client.passMillis(DeliverySequencer.GAP_MILLIS);
        assertThat(client.effects.fetches).containsExactly((long) far);

        client.handed(client.entry(far, 1));
        assertThat(client.topics()).containsExactly("t" + far);
    }

    @Test
    void oldHintInTheBufferIsNotTakenForTheOneThatSharesItsPlace() {
        int sharing = 2 + DeliverySequencer.AHEAD_MAX;
        client.connected().hint(2, 1).hint(sharing + 4, 1);
        List<QueueEntry> entries = new ArrayList<>(List.of(client.entry(1, 1)));
        for (int sequence = 3; sequence < sharing; sequence++) {
            entries.add(client.entry(sequence, 1));
        }

        client.handed(entries.toArray(QueueEntry[]::new));
        assertThat(client.connection.nextSequence()).isEqualTo(sharing);
        client.handed(client.entry(sharing, 1));

        assertThat(client.topics()).hasSize(sharing).endsWith("t" + (sharing - 1), "t" + sharing);
    }

    @Test
    @DisplayName("I5: what was hinted before the session was open is fetched at once")
    void hintBeforeTheSessionIsOpenIsFetched() {
        client.sendConnect().authenticated().hint(6, 1);

        client.open(opened(true, 5));

        assertThat(client.effects.fetches).containsExactly(5L);
        client.handed(client.entry(5, 1), client.entry(6, 1));
        assertThat(client.topics()).containsExactly("t5", "t6");
    }

    @Test
    void hintThatTheBucketHadHandedOutAtTheOpeningIsNotFetched() {
        client.sendConnect().authenticated().hint(4, 1);

        client.open(opened(true, 5, client.entry(4, 1)));

        assertThat(client.effects.fetches).isEmpty();
    }

    @Test
    void nothingIsTakenAfterTheEnd() {
        client.connected().hint(2, 1);
        client.connection.lost(client.nowMillis);

        client.hint(1, 1).handed(client.entry(1, 1)).passMillis(1_000);

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.fetches).isEmpty();
        assertThat(client.connection.nextSequence()).isZero();
    }
}
