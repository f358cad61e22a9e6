package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.BucketVersion;
import io.covey.cluster.Inventory.Copy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecoveryPlanTest {
    private static final RecoveryPlan.Rules THREE = new RecoveryPlan.Rules(3, 0, 1, false);
    private static final RecoveryPlan.Rules SALVAGE = new RecoveryPlan.Rules(3, 0, 1, true);
    private static final RecoveryPlan.Rules TWO_ARE_ENOUGH = new RecoveryPlan.Rules(3, 2, 1, false);
    private static final Copy ABSENT = new Copy(Copy.ABSENT, BucketVersion.ZERO);

    private final Map<String, Inventory> disks = new LinkedHashMap<>();

    private void disk(String node, String formation, Copy... copies) {
        disks.put(node, new Inventory(formation, List.of((long) node.charAt(0)), List.of(copies), 0, false));
    }

    private static Copy sound(long generation, long number) {
        return new Copy(Copy.SOUND, new BucketVersion(generation, number));
    }

    private static Copy damaged(long generation, long number) {
        return new Copy(Copy.DAMAGED, new BucketVersion(generation, number));
    }

    @Test
    void theHighestGenerationWinsThenTheHighestNumberThenTheOldestMember() throws Exception {
        disk("a", "f", sound(1, 900), sound(2, 5), sound(1, 1), ABSENT);
        disk("b", "f", sound(2, 100), sound(2, 6), sound(1, 1), ABSENT);
        disk("c", "f", ABSENT, ABSENT, ABSENT, ABSENT);

        RecoveryPlan plan = RecoveryPlan.of(disks, 4, THREE);

        assertThat(plan.sources()).containsExactly("b", "b", "a", "");
        assertThat(plan.formation()).isEqualTo("f");
        assertThat(plan.earlier()).containsExactly(97L, 98L, 99L);
        assertThat(RecoveryPlan.read(plan.toBytes())).isEqualTo(plan);
    }

    @Test
    void whatADiskHoldsIsReadAsItWasWritten() {
        Inventory inventory =
                new Inventory("f", List.of(5L, -7L), List.of(ABSENT, sound(3, 4), damaged(1, 2)), 77, true);

        assertThat(Inventory.read(inventory.toBytes())).isEqualTo(inventory);
        assertThat(inventory.isEmpty()).isFalse();
    }

    @Test
    void membersAreWaitedForUnlessTheOperatorSaysHowManyAreEnough() throws Exception {
        disk("a", "f", sound(1, 1));
        disk("b", "f", sound(1, 2));

        assertThatThrownBy(() -> RecoveryPlan.of(disks, 1, THREE))
                .hasMessage("recovery waits for the members that hold the data: 2 of 3 are here;"
                        + " cluster.recovery-members=2 goes on without the others");
        assertThat(RecoveryPlan.of(disks, 1, TWO_ARE_ENOUGH).sources()).containsExactly("b");
    }

    @Test
    void aDamagedCopyIsPassedOverWhereASoundOneIsAsFar() throws Exception {
        disk("a", "f", damaged(1, 5));
        disk("b", "f", sound(1, 5));
        disk("c", "f", ABSENT);

        assertThat(RecoveryPlan.of(disks, 1, THREE).sources()).containsExactly("b");
    }

    @Test
    void aDamagedCopyThatIsAheadIsForTheOperatorToDecide() throws Exception {
        disk("a", "f", damaged(1, 6));
        disk("b", "f", sound(1, 5));
        disk("c", "f", ABSENT);

        assertThatThrownBy(() -> RecoveryPlan.of(disks, 1, THREE))
                .hasMessageStartingWith("the newest copy of partition 0 is damaged");
        assertThat(RecoveryPlan.of(disks, 1, SALVAGE).sources()).containsExactly("b");
    }

    @Test
    void withoutASoundCopyNothingBeginsEmptyByItself() throws Exception {
        disk("a", "f", damaged(1, 6));
        disk("b", "f", ABSENT);
        disk("c", "f", ABSENT);

        assertThatThrownBy(() -> RecoveryPlan.of(disks, 1, THREE))
                .hasMessageStartingWith("no whole copy of partition 0 is left");
        assertThat(RecoveryPlan.of(disks, 1, SALVAGE).sources()).containsExactly("a");
    }

    @Test
    void aPartitionThatIsOnNoDiskBeginsEmptyOnlyWhereItsReplicasMustBeAmongThem() {
        disk("a", "f", sound(1, 1), ABSENT);
        RecoveryPlan.Rules one = new RecoveryPlan.Rules(3, 1, 1, false);

        assertThatThrownBy(() -> RecoveryPlan.of(disks, 2, one))
                .hasMessageStartingWith("no copy of partition 1 is on the disks that are here");
    }

    /** What it had is on those that are counted; one that comes first after a stop of all must not stand for one that is not there yet. */
    @Test
    void aNodeThatWasDrainedIsNotCountedAndItsCopiesAreNotUsed() throws Exception {
        disk("a", "f", sound(1, 5), ABSENT);
        disks.put("drained", new Inventory("f", List.of(7L), List.of(sound(1, 6), ABSENT), 0, true));
        disks.put("too", new Inventory("f", List.of(8L), List.of(ABSENT, ABSENT), 0, true));

        assertThatThrownBy(() -> RecoveryPlan.of(disks, 2, THREE))
                .hasMessage(
                        "recovery waits for the members that hold the data: 1 of 3 are here, and 2 that were drained,"
                                + " whose disks do not count; cluster.recovery-members=1 goes on without the others");
        disk("b", "f", ABSENT, sound(1, 3));
        disk("c", "f", sound(1, 4), sound(1, 3));

        RecoveryPlan plan = RecoveryPlan.of(disks, 2, THREE);
        assertThat(plan.sources()).containsExactly("a", "b");
        assertThat(plan.earlier()).contains(7L);
    }

    /** As when a StatefulSet becomes larger while it is down, or several disks are replaced. */
    @Test
    void nodesWithEmptyDisksDoNotStandForThoseThatHoldTheData() throws Exception {
        long three = new AgreedSize.Size(1, 3).encoded();
        disks.put("a", new Inventory("f", List.of(), List.of(sound(1, 5), ABSENT), three, false));
        disk("new", "", ABSENT, ABSENT);
        disk("newer", "", ABSENT, ABSENT);

        assertThatThrownBy(() -> RecoveryPlan.of(disks, 2, THREE))
                .hasMessage("recovery waits for the members that hold the data: 1 of 3 are here, 2 with an empty disk;"
                        + " cluster.recovery-members=1 goes on without the others");
        disks.put("b", new Inventory("f", List.of(), List.of(ABSENT, sound(1, 3)), three, false));
        assertThat(RecoveryPlan.of(disks, 2, THREE).sources())
                .as("all but one, and each partition has a copy on two")
                .containsExactly("a", "b");
    }

    @Test
    void aFormationThatNobodyHadHeardTheEndOfBeginsEmpty() throws Exception {
        disk("a", "f", ABSENT);
        disk("b", "", ABSENT);
        disk("c", "", ABSENT);

        assertThat(RecoveryPlan.of(disks, 1, THREE).sources()).containsExactly("");
    }

    @Test
    void disksOfDifferentLivesAreNotMixed() {
        disk("a", "f", sound(1, 1));
        disk("b", "g", sound(1, 2));
        disk("c", "", ABSENT);

        assertThatThrownBy(() -> RecoveryPlan.of(disks, 1, THREE))
                .hasMessageContaining("belong to different formations of the cluster [f, g]");
    }
}
