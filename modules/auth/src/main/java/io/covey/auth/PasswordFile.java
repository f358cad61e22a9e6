package io.covey.auth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The users and their hashes as a file holds them: one {@code user:hash} per line, empty lines and lines that begin with {@code #} aside.
 * Immutable. Its methods block for files.
 */
public final class PasswordFile {
    /** A larger file is refused: some 200,000 users. */
    static final int BYTES_MAX = 16 << 20;

    private static final int USER_BYTES_MAX = 65_535;

    private final List<String> lines;
    private final Map<String, String> hashes;

    private PasswordFile(List<String> lines, Map<String, String> hashes) {
        this.lines = List.copyOf(lines);
        this.hashes = Map.copyOf(hashes);
    }

    /** A file without users, to begin one. */
    public static PasswordFile empty() {
        return new PasswordFile(List.of(), Map.of());
    }

    /** Reads and checks a file. */
    public static PasswordFile read(Path file) throws PasswordFileException {
        try {
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(BYTES_MAX + 1); // devices have no size to ask for
            }
            if (bytes.length > BYTES_MAX) {
                throw new PasswordFileException(
                        "the password file " + file + " is larger than " + BYTES_MAX + " bytes");
            }
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return parse(text.toString().lines().toList(), file.toString());
        } catch (IOException e) {
            throw new PasswordFileException("cannot read the password file " + file + ": " + reason(e));
        }
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "this user may not read or write it";
        }
        if (e instanceof CharacterCodingException) {
            return "it is not a text in UTF-8";
        }
        String reason = e instanceof FileSystemException told ? told.getReason() : null;
        return reason == null ? String.valueOf(e.getMessage()) : reason;
    }

    static PasswordFile parse(List<String> lines, String name) throws PasswordFileException {
        Map<String, String> hashes = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String place = name + " line " + (i + 1) + ": ";
            int colon = line.indexOf(':');
            if (colon <= 0) {
                throw new PasswordFileException(place + "not of the form user:hash");
            }
            String hash = line.substring(colon + 1);
            if (!PasswordHash.isHash(hash)) {
                throw new PasswordFileException(place + "what follows the colon is no bcrypt hash ($2a$, $2b$ or $2y$)"
                        + " of cost " + PasswordHash.COST_MAX + " or less; scripts/covey passwd writes it");
            }
            if (hashes.put(line.substring(0, colon), hash) != null) {
                throw new PasswordFileException(place + "a second line for this user");
            }
        }
        return new PasswordFile(lines, hashes);
    }

    /** How many users it has. */
    public int users() {
        return hashes.size();
    }

    /** Whether it has this user. */
    public boolean has(String user) {
        return hashes.containsKey(user);
    }

    @Nullable
    String hashOf(String user) {
        return hashes.get(user);
    }

    /** All hashes. */
    Set<String> hashes() {
        return Set.copyOf(hashes.values());
    }

    /** The highest cost of its hashes, or that of a new one where it is empty. */
    int cost() {
        return hashes.values().stream().mapToInt(PasswordHash::cost).max().orElse(PasswordHash.COST);
    }

    /**
     * The same with this user's password; other lines stay as they are. Takes some 50 to 100 ms.
     *
     * @param password at most 72 bytes
     * @throws PasswordFileException where user or password cannot be stored
     */
    public PasswordFile with(String user, byte[] password) throws PasswordFileException {
        return with(user, password, PasswordHash.COST);
    }

    PasswordFile with(String user, byte[] password, int cost) throws PasswordFileException {
        boolean storable = !user.isEmpty()
                && user.equals(user.strip())
                && !user.startsWith("#")
                && user.chars().noneMatch(c -> c == ':' || Character.isISOControl(c))
                && user.getBytes(StandardCharsets.UTF_8).length <= USER_BYTES_MAX;
        if (!storable) {
            throw new PasswordFileException("the user name '" + user
                    + "' is not allowed; it takes a text without colons, control characters, blanks at its ends and"
                    + " # at its beginning");
        }
        if (password.length == 0 || password.length > PasswordHash.PASSWORD_BYTES_MAX) {
            throw new PasswordFileException("a password of " + password.length + " bytes is not allowed; it takes 1 to "
                    + PasswordHash.PASSWORD_BYTES_MAX + " bytes");
        }
        String line = user + ":" + PasswordHash.of(password, cost);
        List<String> changed = new ArrayList<>(lines);
        int at = lineOf(user);
        if (at < 0) {
            changed.add(line);
        } else {
            changed.set(at, line);
        }
        return parse(changed, "the password file");
    }

    /** The same without this user. */
    public PasswordFile without(String user) {
        List<String> changed = new ArrayList<>(lines);
        Map<String, String> left = new HashMap<>(hashes);
        int at = lineOf(user);
        if (at >= 0) {
            changed.remove(at);
            left.remove(user);
        }
        return new PasswordFile(changed, left);
    }

    private int lineOf(String user) {
        for (int i = 0; i < lines.size(); i++) {
            if (hashes.containsKey(user) && lines.get(i).strip().startsWith(user + ":")) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Writes it in one step: whoever reads the file sees the old or the new whole. A new file is for this user only; an existing one keeps
     * its owner, its group and its permissions, or stays as it is where this user may not give them.
     */
    public void write(Path file) throws PasswordFileException {
        try {
            Path real = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
            Path temporary = Files.createTempFile(real.getParent(), real.getFileName() + ".", ".new");
            try {
                Files.write(temporary, lines);
                if (isPosix() && Files.exists(real)) {
                    takeRightsOf(real, temporary); // a new one is for this user only already
                }
                Files.move(temporary, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new PasswordFileException("cannot write the password file " + file + ": " + reason(e));
        }
    }

    /** A node that runs as the owner of the file, or in its group, is to read the new one as well. */
    private static void takeRightsOf(Path file, Path to) throws IOException {
        PosixFileAttributes wanted = Files.readAttributes(file, PosixFileAttributes.class);
        PosixFileAttributeView given = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        try {
            if (!given.readAttributes().group().equals(wanted.group())) {
                given.setGroup(wanted.group());
            }
            if (!given.getOwner().equals(wanted.owner())) {
                given.setOwner(wanted.owner());
            }
        } catch (FileSystemException notAllowed) {
            throw new FileSystemException(
                    file.toString(),
                    null,
                    "it belongs to " + wanted.owner().getName() + ":"
                            + wanted.group().getName() + ", and this user may not give a file to them");
        }
        given.setPermissions(wanted.permissions());
    }

    private static boolean isPosix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }
}
