package io.covey.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasswordFileTest {
    /** Of "secret", by crypt(3) of libxcrypt; htpasswd -B writes the same form. */
    private static final String FOREIGN = "$2y$05$eRgrOkpD2kDrgzl67BGJzutBPk.PNUUtqMGCFFK8b0Y.vHR6jxQ4S";

    private static final int CHEAP = 4;

    @TempDir
    Path directory;

    @Test
    void usersAreKeptWithTheirHashesOnly() throws Exception {
        Path path = directory.resolve("passwords");

        PasswordFile.empty().with("anna", bytes("secret"), CHEAP).write(path);

        assertThat(Files.readString(path)).startsWith("anna:$2b$04$").doesNotContain("secret");
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        PasswordFile read = PasswordFile.read(path);
        assertThat(PasswordHash.matches(bytes("secret"), read.hashOf("anna"))).isTrue();
        assertThat(PasswordHash.matches(bytes("Secret"), read.hashOf("anna"))).isFalse();
    }

    @Test
    void aChangedUserKeepsItsLineAndCommentsAndPermissionsStay() throws Exception {
        Path path = directory.resolve("passwords");
        Files.write(path, List.of("# sensors", "anna:" + FOREIGN, "", "ben:" + FOREIGN));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));

        PasswordFile.read(path).with("anna", bytes("new"), CHEAP).write(path);

        List<String> lines = Files.readAllLines(path);
        assertThat(lines.get(0)).isEqualTo("# sensors");
        assertThat(lines.get(1)).startsWith("anna:$2b$04$");
        assertThat(lines.subList(2, 4)).containsExactly("", "ben:" + FOREIGN);
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(path);
        }
    }

    /** By root, of a file that is a node's: the node could not read its users again. */
    @Test
    void aChangedFileKeepsItsOwnerAndGroup() throws Exception {
        Path path = directory.resolve("passwords");
        Files.write(path, List.of("anna:" + FOREIGN));
        var principals = path.getFileSystem().getUserPrincipalLookupService();
        PosixFileAttributeView rights = Files.getFileAttributeView(path, PosixFileAttributeView.class);
        try {
            rights.setGroup(principals.lookupPrincipalByGroupName("daemon"));
            rights.setOwner(principals.lookupPrincipalByName("daemon"));
        } catch (IOException notAllowed) {
            assumeThat(notAllowed).as("only root may give files to others").isNull();
        }

        PasswordFile.read(path).with("ben", bytes("new"), CHEAP).write(path);

        PosixFileAttributes kept = Files.readAttributes(path, PosixFileAttributes.class);
        assertThat(kept.owner().getName()).isEqualTo("daemon");
        assertThat(kept.group().getName()).isEqualTo("daemon");
        assertThat(PasswordFile.read(path).users()).isEqualTo(2);
    }

    @Test
    void whatHasNoEndIsNotReadToItsEnd() {
        Path endless = Path.of("/dev/zero");
        assumeThat(endless).exists();

        assertThatThrownBy(() -> PasswordFile.read(endless))
                .hasMessage("the password file /dev/zero is larger than " + PasswordFile.BYTES_MAX + " bytes");
        assertThatThrownBy(() -> PasswordFile.read(directory)).hasMessageEndingWith(": Is a directory");
    }

    @Test
    void aFileThatIsNoTextIsRefused() throws Exception {
        Path path = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xC3, 0x28});

        assertThatThrownBy(() -> PasswordFile.read(path)).hasMessageEndingWith(": it is not a text in UTF-8");
    }

    @Test
    void aDeletedUserIsGone() throws Exception {
        PasswordFile file = PasswordFile.parse(List.of("anna:" + FOREIGN, "ben:" + FOREIGN), "test");

        assertThat(file.without("anna").users()).isEqualTo(1);
        assertThat(file.without("anna").has("anna")).isFalse();
        assertThat(file.without("nobody").users()).isEqualTo(2);
    }

    @Test
    void hashesOfOtherToolsAreTaken() throws Exception {
        PasswordFile file = PasswordFile.parse(List.of("anna:" + FOREIGN), "test");

        assertThat(PasswordHash.matches(bytes("secret"), file.hashOf("anna"))).isTrue();
        assertThat(PasswordHash.matches(bytes("secres"), file.hashOf("anna"))).isFalse();
        assertThat(PasswordHash.cost(FOREIGN)).isEqualTo(5);
    }

    @Test
    void aMistakeIsToldWithItsLineAndWithoutTheHash() {
        assertThatThrownBy(() -> PasswordFile.parse(List.of("", "no colon"), "file"))
                .hasMessage("file line 2: not of the form user:hash");
        assertThatThrownBy(() -> PasswordFile.parse(List.of("anna:plain"), "file"))
                .hasMessageStartingWith("file line 1: ")
                .hasMessageNotContaining("plain");
        assertThatThrownBy(() -> PasswordFile.parse(List.of("a:" + FOREIGN, "a:" + FOREIGN), "file"))
                .hasMessage("file line 2: a second line for this user");
        assertThatThrownBy(() -> PasswordFile.parse(List.of("a:" + FOREIGN.replace("$05$", "$31$")), "file"))
                .hasMessageContaining("cost 14 or less");
        assertThatThrownBy(() -> PasswordFile.read(directory.resolve("none")))
                .hasMessage("cannot read the password file " + directory.resolve("none") + ": no such file");
    }

    @Test
    void namesAndPasswordsThatCannotBeStoredAreRefused() {
        for (String user : List.of("", "a:b", "#a", " a", "a\nb")) {
            assertThatThrownBy(() -> PasswordFile.empty().with(user, bytes("x"), CHEAP))
                    .isInstanceOf(PasswordFileException.class);
        }
        assertThatThrownBy(() -> PasswordFile.empty().with("a", new byte[73], CHEAP))
                .hasMessageContaining("1 to 72 bytes");
        assertThatThrownBy(() -> PasswordFile.empty().with("a", new byte[0], CHEAP))
                .isInstanceOf(PasswordFileException.class);
    }

    /** bcrypt ignores what follows the 72nd byte; such a password must not pass for its beginning. */
    @Test
    void aPasswordThatIsTooLongMatchesNothing() {
        byte[] longest = bytes("a".repeat(72));
        String hash = PasswordHash.of(longest, CHEAP);

        assertThat(PasswordHash.matches(longest, hash)).isTrue();
        assertThat(PasswordHash.matches(bytes("a".repeat(73)), hash)).isFalse();
        assertThat(PasswordHash.matches(new byte[0], hash)).isFalse();
    }

    @Test
    void passwordsAreBytesNotTexts() {
        byte[] binary = {(byte) 0xFF, 0, (byte) 0xFE};
        String hash = PasswordHash.of(binary, CHEAP);

        assertThat(PasswordHash.matches(binary, hash)).isTrue();
        assertThat(PasswordHash.matches(new byte[] {(byte) 0xFF, 0, (byte) 0xFD}, hash))
                .isFalse();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
