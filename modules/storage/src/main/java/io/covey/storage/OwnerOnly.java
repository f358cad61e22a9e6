package io.covey.storage;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What is stored are people's messages: what Covey makes only the user that it runs as may read, whatever the umask says. Directories and files that are
 * there already stay as they are. Without effect where the file system has no such permissions.
 */
final class OwnerOnly {
    private static final boolean IS_KNOWN =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

    private OwnerOnly() {}

    /** For a directory that is made. */
    static FileAttribute<?>[] directory() {
        return attributes("rwx------");
    }

    /** For a file that is made. */
    static FileAttribute<?>[] file() {
        return attributes("rw-------");
    }

    private static FileAttribute<?>[] attributes(String permissions) {
        return IS_KNOWN
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /** Makes an empty file where there is none. */
    static void makeFile(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file, file());
        }
    }
}
