package io.covey.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.BucketLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    private static final StorageSettings SETTINGS = new StorageSettings(Durability.OS, 0, 1 << 20, 8_192);

    @TempDir
    Path temporary;

    private TestNode filled(Path directory) {
        TestNode node = new TestNode(NioDisk.open(directory), 3, SETTINGS, 1);
        for (int i = 0; i < 300; i++) {
            node.step();
        }
        return node;
    }

    @Test
    void aSoundDirectoryIsDescribedAndNotChanged() throws Exception {
        Path data = temporary.resolve("data");
        filled(data).abandon();
        List<String> before = names(data);

        Doctor doctor = Doctor.examine(data);

        assertThat(doctor.isSound()).isTrue();
        assertThat(doctor.faults()).isEmpty();
        assertThat(doctor.lines()).contains("node        node-1", "no faults").anyMatch(line -> line.endsWith("sound"));
        assertThat(names(data)).isEqualTo(before);
    }

    private static List<String> names(Path directory) throws Exception {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName() + " " + file.toFile().length())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void aDirectorySaysThatItsNodeWasDrainedUntilItIsToldOtherwise() {
        Path data = temporary.resolve("data");
        TestNode node = filled(data);
        assertThat(node.directory.hasLeft()).isFalse();
        node.directory.left(true);
        node.directory.agreed(77);
        node.abandon();
        assertThat(Doctor.examine(data).lines()).anyMatch(line -> line.startsWith("drained     yes"));

        TestNode again = new TestNode(NioDisk.open(data), 3, SETTINGS, 2);
        assertThat(again.directory.hasLeft()).isTrue();
        assertThat(again.directory.agreed()).isEqualTo(77);
        again.directory.left(false);
        again.abandon();
        assertThat(Doctor.examine(data).lines()).noneMatch(line -> line.startsWith("drained"));
    }

    @Test
    void damageIsNamedAndARunningNodesDirectoryIsLeftAlone() throws Exception {
        Path data = temporary.resolve("data");
        TestNode node = filled(data);
        assertThatThrownBy(() -> Doctor.examine(data)).hasMessageContaining("is in use by a running node");
        node.abandon();
        assertThatThrownBy(() -> Doctor.examine(temporary)).hasMessageContaining("is not a node's directory");
        Path snapshot = data.resolve(names(data).stream()
                .filter(name -> name.startsWith("p00002-"))
                .findFirst()
                .orElseThrow()
                .split(" ")[0]);
        Files.write(snapshot, new byte[10]);

        Doctor doctor = Doctor.examine(data);

        assertThat(doctor.isSound()).isFalse();
        assertThat(doctor.lines()).anyMatch(line -> line.startsWith("damage    " + snapshot.getFileName()));
        Path file = temporary.resolve("backup");
        assertThatThrownBy(() -> BackupFile.write(List.of(data), file)).hasMessageContaining("partition 2 is damaged");
    }

    @Test
    void aBackupOfTheNewestCopiesIsRestoredToAnEmptyDirectory() throws Exception {
        Path data = temporary.resolve("data");
        filled(data).abandon();
        Path older = temporary.resolve("older");
        TestNode behind = new TestNode(NioDisk.open(older), 3, SETTINGS, 1);
        for (int i = 0; i < 30; i++) {
            behind.step();
        }
        behind.abandon();
        Path file = temporary.resolve("backup");

        assertThat(BackupFile.write(List.of(older, data), file)).contains("in 3 of 3 partitions");
        assertThatThrownBy(() -> BackupFile.write(List.of(data), file)).hasMessageStartingWith("cannot write " + file);
        Path restored = temporary.resolve("restored");
        BackupFile.restore(file, restored, "node-1", "");

        List<RecoveredCopy> expected = Doctor.examine(data).copies();
        StorageDirectory directory = StorageDirectory.open(restored, "node-1", "", 3);
        List<RecoveredCopy> copies = directory.recover(BucketLimits.DEFAULT);
        directory.close();
        for (int i = 0; i < 3; i++) {
            assertThat(copies.get(i).bucket().digest())
                    .isEqualTo(expected.get(i).bucket().digest());
        }
        assertThatThrownBy(() -> BackupFile.restore(file, restored, "node-1", ""))
                .hasMessageContaining("is not empty");
    }

    @Test
    void aBackupThatIsNotWholeIsRefused() throws Exception {
        Path data = temporary.resolve("data");
        filled(data).abandon();
        Path file = temporary.resolve("backup");
        BackupFile.write(List.of(data), file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 5] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(() -> BackupFile.restore(file, temporary.resolve("a"), "n", ""))
                .hasMessageContaining("fails its checksum");
        byte[] negative = bytes.clone();
        negative[24] |= (byte) 0x80; // the length of the first bucket
        Files.write(file, negative);
        assertThatThrownBy(() -> BackupFile.restore(file, temporary.resolve("d"), "n", ""))
                .hasMessageContaining("is corrupt at partition 0");
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
        assertThatThrownBy(() -> BackupFile.restore(file, temporary.resolve("b"), "n", ""))
                .hasMessageContaining("is cut short");
        Files.write(file, "something else".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThatThrownBy(() -> BackupFile.restore(file, temporary.resolve("c"), "n", ""))
                .hasMessageContaining("is not a backup");
    }
}
