package io.covey.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * During which boot of the machine a directory was written: a small file. As long as the machine is not started again, all that was written is in the
 * system's cache, whatever became of the process; so recovery knows what a crash can have done to the log. It needs no sync: it is only of use
 * where the cache survived.
 */
final class BootMark {
    static final String FILE = "covey.boot";

    private BootMark() {}

    /** Whether the machine is known not to have been started since the directory was written. */
    static boolean isSame(Disk disk) throws IOException {
        String boot = disk.boot();
        return !boot.isEmpty()
                && disk.list().contains(FILE)
                && boot.equals(new String(disk.read(FILE), StandardCharsets.UTF_8));
    }

    /** Notes the boot. */
    static void write(Disk disk) throws IOException {
        byte[] boot = disk.boot().getBytes(StandardCharsets.UTF_8);
        try (Disk.Output out = disk.create(FILE)) {
            out.write(boot, 0, boot.length);
        }
    }
}
