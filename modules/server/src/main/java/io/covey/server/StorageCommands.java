package io.covey.server;

import io.covey.storage.BackupFile;
import io.covey.storage.Doctor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command line's way to the directory of a node that is stopped. */
final class StorageCommands {
    private StorageCommands() {}

    /** {@code covey doctor}: exit status 0 where everything can be used without a loss, else 1. */
    @Command(name = "doctor", description = "Inspects the directory of a stopped node; changes nothing.")
    static final class DoctorCommand implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Option(names = "--data", paramLabel = "DIR", required = true, description = "the node's storage.directory")
        Path data = Path.of("data");

        @Override
        public Integer call() {
            Doctor doctor = Doctor.examine(data);
            doctor.lines().forEach(out(spec)::println);
            return doctor.isSound() ? 0 : 1;
        }
    }

    /** {@code covey backup}. */
    @Command(
            name = "backup",
            description = "Writes sessions and retained messages of stopped nodes to one file: of each partition the"
                    + " newest copy.")
    static final class BackupCommand implements Runnable {
        @Spec
        @Nullable
        CommandSpec spec;

        @Option(
                names = "--data",
                paramLabel = "DIR",
                required = true,
                description = "a node's storage.directory; of a cluster those of all nodes, one option each")
        List<Path> data = new ArrayList<>();

        @Option(names = "--to", paramLabel = "FILE", required = true, description = "a file that does not exist yet")
        Path file = Path.of("backup");

        @Override
        public void run() {
            out(spec).println(BackupFile.write(data, file));
        }
    }

    /** {@code covey restore}. */
    @Command(
            name = "restore",
            description =
                    "Makes an empty directory a node's again, from a backup. Of a cluster one node gets it, the others"
                            + " start with empty directories.")
    static final class RestoreCommand implements Runnable {
        @Option(names = "--from", paramLabel = "FILE", required = true, description = "what backup has written")
        Path file = Path.of("backup");

        @Option(names = "--data", paramLabel = "DIR", required = true, description = "an empty or new directory")
        Path data = Path.of("data");

        @Option(names = "--node", paramLabel = "NAME", required = true, description = "the node's node.name")
        String node = "";

        @Option(names = "--cluster", paramLabel = "NAME", description = "its cluster.name; not for a node alone")
        String cluster = "";

        @Override
        public void run() {
            BackupFile.restore(file, data, node, cluster);
        }
    }

    static PrintWriter out(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("called outside of the command line");
        }
        return spec.commandLine().getOut();
    }
}
