package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PacketIdStatesTest {
    @Test
    void behavesLikeAMapUnderRandomUse() {
        for (long seed = 1; seed <= 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            PacketIdStates states = new PacketIdStates();
            Map<Integer, Integer> model = new HashMap<>();
            int idMax = 1 + random.nextInt(200);
            for (int i = 0; i < 500; i++) {
                // Identifiers that differ in their high bits only meet in the table.
                int id = 1 + random.nextInt(idMax) * (random.nextInt(3) == 0 ? 256 : 1);
                if (random.nextInt(5) < 3) {
                    int state = 1 + random.nextInt(5);
                    states.put(id, state);
                    model.put(id, state);
                } else {
                    states.remove(id);
                    model.remove(id);
                }
                assertThat(states.size()).as("seed %d", seed).isEqualTo(model.size());
                int probed = 1 + random.nextInt(65_535);
                assertThat(states.state(probed)).isEqualTo(model.getOrDefault(probed, PacketIdStates.FREE));
            }
            model.forEach((id, state) -> assertThat(states.state(id)).isEqualTo(state));
        }
    }

    @Test
    void holdsAllIdentifiersAtOnce() {
        PacketIdStates states = new PacketIdStates();
        for (int id = 1; id <= 65_535; id++) {
            states.put(id, 1 + id % 5);
        }
        for (int id = 65_535; id >= 1; id--) {
            assertThat(states.state(id)).isEqualTo(1 + id % 5);
            states.remove(id);
            assertThat(states.state(id)).isEqualTo(PacketIdStates.FREE);
        }
        assertThat(states.size()).isZero();
    }
}
