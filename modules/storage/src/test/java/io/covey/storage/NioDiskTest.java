package io.covey.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NioDiskTest {
    private static final StorageSettings SETTINGS = new StorageSettings(Durability.OS, 0, 1 << 20, 8_192);

    @TempDir
    Path directory;

    @Test
    void aDirectoryInUseIsRefused() throws Exception {
        NioDisk disk = NioDisk.open(directory);

        assertThatThrownBy(() -> NioDisk.open(directory))
                .isInstanceOf(StorageException.class)
                .hasMessage("storage.directory: " + directory + " is in use by a running node");
        disk.close();
        NioDisk.open(directory).close();
    }

    @Test
    void aPlaceThatIsNoDirectoryIsRefused() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> NioDisk.open(file.resolve("below")))
                .isInstanceOf(StorageException.class)
                .hasMessageStartingWith("storage.directory: cannot write to ");
    }

    @Test
    void whatIsMadeIsForItsOwnUserOnly() throws Exception {
        assumeTrue(Files.getFileStore(directory).supportsFileAttributeView("posix"), "no such permissions here");
        Path data = directory.resolve("above").resolve("data");
        TestNode node = new TestNode(NioDisk.open(data), 3, SETTINGS, 1);
        for (int i = 0; i < 50; i++) {
            node.step();
        }
        node.abandon();
        Path backup = directory.resolve("backup");
        BackupFile.write(List.of(data), backup);

        assertThat(permissions(data.getParent())).isEqualTo("rwx------");
        assertThat(permissions(data)).isEqualTo("rwx------");
        assertThat(permissions(backup)).isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(data)) {
            assertThat(files).hasSizeGreaterThan(2).allSatisfy(file -> assertThat(permissions(file))
                    .isEqualTo("rw-------"));
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void anInterruptedThreadWritesOn() throws Exception {
        TestNode node = new TestNode(NioDisk.open(directory), 3, SETTINGS, 1);
        Thread.currentThread().interrupt();
        for (int i = 0; i < 100; i++) {
            assertThat(node.step()).isTrue();
        }
        assertThat(Thread.interrupted()).isTrue();
        node.abandon();

        TestNode again = new TestNode(NioDisk.open(directory), 3, SETTINGS, 2);
        for (int i = 0; i < 3; i++) {
            assertThat(again.buckets[i].digest()).isEqualTo(node.buckets[i].digest());
        }
        again.abandon();
    }
}
