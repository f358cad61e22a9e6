package io.covey.auth;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What changes when a file changes, be it written in place, replaced, or reached through another link; where the system tells it, also when
 * its owner or permissions change, for then it may have become readable. Missing: zeros.
 */
record FileStamp(long modifiedNanos, long changedNanos, long bytes, @Nullable Object identity) {
    private static final FileStamp MISSING = new FileStamp(0, 0, 0, null);
    private static final boolean IS_UNIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

    static FileStamp of(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            FileTime modified = attributes.lastModifiedTime();
            FileTime changed = IS_UNIX ? (FileTime) Files.getAttribute(file, "unix:ctime") : modified;
            return new FileStamp(
                    modified.to(TimeUnit.NANOSECONDS),
                    changed.to(TimeUnit.NANOSECONDS),
                    attributes.size(),
                    attributes.fileKey());
        } catch (IOException unreadable) {
            return MISSING; // reading it tells the operator why
        }
    }
}
