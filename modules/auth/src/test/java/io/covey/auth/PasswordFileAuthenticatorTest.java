package io.covey.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.Connect;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasswordFileAuthenticatorTest {
    private static final int CHEAP = 4;
    private static final long PATIENCE_SECONDS = 30;

    @TempDir
    Path directory;

    private Path path;
    private final List<PasswordFileAuthenticator> opened = new ArrayList<>();

    @BeforeEach
    void writeTheFile() throws Exception {
        path = directory.resolve("passwords");
        PasswordFile.empty().with("anna", bytes("secret"), CHEAP).write(path);
    }

    @AfterEach
    void close() {
        opened.forEach(PasswordFileAuthenticator::close);
    }

    @Test
    void theRightPasswordIsLetInAndNothingElse() throws Exception {
        PasswordFileAuthenticator authenticator = open(false, 8);

        assertThat(ask(authenticator, "anna", "secret")).isEqualTo(ReasonCode.SUCCESS);
        assertThat(ask(authenticator, "anna", "Secret")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(ask(authenticator, "anna", null)).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(ask(authenticator, "ben", "secret")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(ask(authenticator, null, "secret")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(ask(authenticator, "", "")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    @Test
    void whoHasNoCredentialsNeedsThePermissionForAnonymous() throws Exception {
        assertThat(ask(open(false, 8), null, null)).isEqualTo(ReasonCode.NOT_AUTHORIZED);

        PasswordFileAuthenticator lenient = open(true, 8);
        assertThat(ask(lenient, null, null)).isEqualTo(ReasonCode.SUCCESS);
        assertThat(ask(lenient, "anna", "wrong")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    /** The second time the answer comes at once, on the caller's thread: after the loss of a node thousands come back. */
    @Test
    void aPasswordThatMatchedBeforeIsNotHashedAgain() throws Exception {
        PasswordFileAuthenticator authenticator = open(false, 8);
        assertThat(ask(authenticator, "anna", "secret")).isEqualTo(ReasonCode.SUCCESS);

        CompletableFuture<Thread> answeredBy = new CompletableFuture<>();
        authenticator.authenticate(
                connect("anna", "secret"), "here", reason -> answeredBy.complete(Thread.currentThread()));

        assertThat(answeredBy).isCompletedWithValue(Thread.currentThread());
        assertThat(ask(authenticator, "anna", "secre")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    @Test
    void hashesAreComparedOnThreadsOfItsOwn() throws Exception {
        CompletableFuture<String> answeredBy = new CompletableFuture<>();

        open(false, 8)
                .authenticate(
                        connect("ben", "x"),
                        "here",
                        reason -> answeredBy.complete(Thread.currentThread().getName()));

        assertThat(answeredBy.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("covey-auth");
    }

    @Test
    void moreThanMayWaitAreToldThatTheServerIsBusy() throws Exception {
        PasswordFileAuthenticator authenticator = open(false, 1);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch holding = new CountDownLatch(1);
        List<ReasonCode> answers = new ArrayList<>();

        authenticator.authenticate(connect("ben", "x"), "here", reason -> {
            holding.countDown();
            awaitQuietly(held);
        });
        assertThat(holding.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<ReasonCode> waiting = new CompletableFuture<>();
        authenticator.authenticate(connect("ben", "x"), "here", step -> waiting.complete(step.reason()));
        authenticator.authenticate(connect("ben", "x"), "here", step -> answers.add(step.reason()));

        assertThat(answers).containsExactly(ReasonCode.SERVER_BUSY);
        held.countDown();
        assertThat(waiting.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    @Test
    void aChangedFileIsTakenAndRememberedPasswordsWithIt() throws Exception {
        PasswordFileAuthenticator authenticator = open(false, 8);
        assertThat(ask(authenticator, "anna", "secret")).isEqualTo(ReasonCode.SUCCESS);

        PasswordFile.read(path)
                .with("anna", bytes("other"), CHEAP)
                .with("ben", bytes("b"), CHEAP)
                .write(path);
        authenticator.refresh();

        assertThat(ask(authenticator, "anna", "secret")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(ask(authenticator, "anna", "other")).isEqualTo(ReasonCode.SUCCESS);
        assertThat(ask(authenticator, "ben", "b")).isEqualTo(ReasonCode.SUCCESS);
        PasswordFile.read(path).without("anna").write(path);
        authenticator.refresh();
        assertThat(ask(authenticator, "anna", "other")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    @Test
    void aFileWithAMistakeOrWithoutAnythingLeavesTheOldUsersInForce() throws Exception {
        PasswordFileAuthenticator authenticator = open(false, 8);

        Files.writeString(path, "half a li");
        authenticator.refresh();
        assertThat(ask(authenticator, "anna", "secret")).isEqualTo(ReasonCode.SUCCESS);
        Files.delete(path);
        authenticator.refresh();
        assertThat(ask(authenticator, "anna", "secret")).isEqualTo(ReasonCode.SUCCESS);
        PasswordFile.empty().with("ben", bytes("b"), CHEAP).write(path);
        authenticator.refresh();
        assertThat(ask(authenticator, "anna", "secret")).isEqualTo(ReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(ask(authenticator, "ben", "b")).isEqualTo(ReasonCode.SUCCESS);
    }

    /** The time of its last modification stays: a file that could not be read is looked at again when that is put right. */
    @Test
    void aFileOfWhichOnlyThePermissionsChangeCountsAsChanged() throws Exception {
        FileStamp before = FileStamp.of(path);
        awaitLaterThan(before.changedNanos());

        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));

        assertThat(FileStamp.of(path).modifiedNanos()).isEqualTo(before.modifiedNanos());
        assertThat(FileStamp.of(path)).isNotEqualTo(before);
    }

    /** Some file systems tell changes by the milliseconds of the system's tick: what changes twice within one has one time. */
    private void awaitLaterThan(long nanos) throws Exception {
        Path probe = directory.resolve("probe");
        do {
            Files.write(probe, new byte[1]);
        } while (FileStamp.of(probe).changedNanos() <= nanos);
    }

    @Test
    void aFileThatCannotBeUsedAtTheBeginningIsRefused() {
        assertThatThrownBy(() -> PasswordFileAuthenticator.open(directory.resolve("none"), false, 1, 1))
                .isInstanceOf(PasswordFileException.class);
    }

    private PasswordFileAuthenticator open(boolean allowAnonymous, int waitingMax) throws Exception {
        PasswordFileAuthenticator authenticator = PasswordFileAuthenticator.open(path, allowAnonymous, 1, waitingMax);
        opened.add(authenticator);
        return authenticator;
    }

    private static ReasonCode ask(PasswordFileAuthenticator authenticator, String user, String password)
            throws Exception {
        CompletableFuture<ReasonCode> answer = new CompletableFuture<>();
        authenticator.authenticate(connect(user, password), "here", step -> answer.complete(step.reason()));
        return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static Connect connect(String user, String password) {
        byte[] secret = password == null ? null : bytes(password);
        return new Connect(ProtocolVersion.V5, false, true, 60, Properties.EMPTY, "c", null, user, secret);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
