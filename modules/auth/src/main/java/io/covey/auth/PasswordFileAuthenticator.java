package io.covey.auth;

import io.covey.broker.Authenticator;
import io.covey.protocol.Connect;
import io.covey.protocol.ReasonCode;
import io.covey.session.AuthenticationStep;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who has a line in the password file. Hashes are compared by a few threads of its own, never on an event loop; what waits for them
 * is bounded, and beyond the bound clients are told that the server is busy. The file is looked at from time to time and taken when it has
 * changed; a file with a mistake is told once, and the one before it stays in force. Connected clients are not asked again.
 *
 * <p>An unknown user costs as much time as a known one with a wrong password, so that nobody learns who is known.
 */
public final class PasswordFileAuthenticator implements Authenticator, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PasswordFileAuthenticator.class);
    private static final int REFRESH_SECONDS = 5;
    private static final byte[] NO_PASSWORD = {};

    private final Path path;
    private final boolean allowAnonymous;
    private final VerifiedPasswords verified = new VerifiedPasswords();
    private final ThreadPoolExecutor workers;
    private final ScheduledExecutorService refresher;
    private volatile Users users;
    private @Nullable FileStamp seen;

    /** What is in force. The decoy is compared with where a user is unknown. */
    private record Users(PasswordFile file, String decoy) {
        static Users of(PasswordFile file) {
            return new Users(file, PasswordHash.of(new byte[] {1, 2, 3}, file.cost()));
        }
    }

    private PasswordFileAuthenticator(
            Path path,
            PasswordFile file,
            boolean allowAnonymous,
            int threads,
            int waitingMax,
            @Nullable FileStamp seen) {
        this.path = path;
        this.allowAnonymous = allowAnonymous;
        this.users = Users.of(file);
        this.seen = seen;
        this.workers = new ThreadPoolExecutor(
                threads, threads, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(waitingMax), threads("covey-auth"));
        this.refresher = Executors.newSingleThreadScheduledExecutor(threads("covey-auth-file"));
    }

    private static ThreadFactory threads(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * Reads the file and begins to watch it.
     *
     * @param allowAnonymous whether clients without user name and password are let in
     * @param threads how many compare hashes at a time
     * @param waitingMax how many clients may wait for them
     * @throws PasswordFileException where the file cannot be used
     */
    public static PasswordFileAuthenticator open(Path path, boolean allowAnonymous, int threads, int waitingMax)
            throws PasswordFileException {
        FileStamp seen = FileStamp.of(path);
        PasswordFile file = PasswordFile.read(path);
        PasswordFileAuthenticator opened =
                new PasswordFileAuthenticator(path, file, allowAnonymous, threads, waitingMax, seen);
        opened.refreshLater();
        LOG.info("password file {} is in force; users={}", path, file.users());
        return opened;
    }

    @Override
    public void authenticate(Connect connect, String remoteAddress, Consumer<AuthenticationStep> answer) {
        String user = connect.userName();
        byte[] password = connect.password();
        if (user == null && password == null) {
            answer.accept(AuthenticationStep.of(allowAnonymous ? ReasonCode.SUCCESS : ReasonCode.NOT_AUTHORIZED));
            return;
        }
        Users current = users;
        String hash = user == null ? null : current.file.hashOf(user);
        byte[] given = password == null ? NO_PASSWORD : password;
        if (hash != null && verified.isKnown(given, hash)) {
            answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS));
            return;
        }
        try {
            workers.execute(() -> answer.accept(AuthenticationStep.of(compare(given, hash, current.decoy))));
        } catch (RejectedExecutionException full) {
            answer.accept(AuthenticationStep.of(ReasonCode.SERVER_BUSY));
        }
    }

    private ReasonCode compare(byte[] password, @Nullable String hash, String decoy) {
        boolean matches = PasswordHash.matches(password, hash == null ? decoy : hash);
        if (hash == null || !matches) {
            return ReasonCode.BAD_USER_NAME_OR_PASSWORD;
        }
        verified.add(password, hash);
        return ReasonCode.SUCCESS;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a refresh tells its own failures
    private void refreshLater() {
        refresher.scheduleWithFixedDelay(
                () -> {
                    try {
                        refresh();
                    } catch (RuntimeException defect) {
                        LOG.error("the password file could not be looked at", defect); // else it never were again
                    }
                },
                REFRESH_SECONDS,
                REFRESH_SECONDS,
                TimeUnit.SECONDS);
    }

    /** Takes the file where it has changed since it was last looked at. Called by the refresher's thread. */
    synchronized void refresh() {
        FileStamp now = FileStamp.of(path);
        if (now.equals(seen)) {
            return;
        }
        seen = now;
        try {
            PasswordFile file = PasswordFile.read(path);
            users = Users.of(file);
            verified.retain(file.hashes());
            LOG.info("password file {} has changed and is in force; users={}", path, file.users());
        } catch (PasswordFileException mistake) {
            LOG.warn("{}; the users read before stay in force", mistake.getMessage());
        }
    }

    /** Who waits is not answered any more. */
    @Override
    public void close() {
        refresher.shutdownNow();
        workers.shutdownNow();
    }
}
