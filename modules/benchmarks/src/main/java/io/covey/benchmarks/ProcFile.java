package io.covey.benchmarks;

import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Files below /proc, which say that they are empty and are not. */
final class ProcFile {

    private ProcFile() {}

    /** @throws DriverFailure when it cannot be read */
    static String read(String path) {
        // Not Files.readString: it reads one byte first, and /proc/sys answers a second read with the end of the file.
        try (InputStream in = new FileInputStream(path)) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (FileNotFoundException e) {
            throw new DriverFailure("there is no " + path);
        } catch (IOException e) {
            throw new DriverFailure("cannot read " + path + ": " + e.getMessage());
        }
    }
}
