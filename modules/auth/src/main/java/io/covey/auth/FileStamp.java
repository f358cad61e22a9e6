package io.covey.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What changes when a file changes, be it written in place, replaced, or reached through another link. Missing: zeros. */
record FileStamp(long modifiedNanos, long bytes, @Nullable Object identity) {
    private static final FileStamp MISSING = new FileStamp(0, 0, null);

    static FileStamp of(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileStamp(
                    attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS), attributes.size(), attributes.fileKey());
        } catch (IOException unreadable) {
            return MISSING; // reading it tells the operator why
        }
    }
}
