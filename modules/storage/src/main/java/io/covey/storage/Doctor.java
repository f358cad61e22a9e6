package io.covey.storage;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketFigures;
import io.covey.bucket.BucketLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at the directory of a node that is stopped, and changes nothing in it.
 *
 * @param lines what is there, for people
 * @param faults what is not as it was written
 * @param copies what each partition's files give
 * @param node the name in the directory
 */
public record Doctor(List<String> lines, List<Fault> faults, List<RecoveredCopy> copies, String node) {
    /**
     * Reads everything.
     *
     * @throws StorageException where a running node has it, it is no node's, or a newer release wrote it
     */
    public static Doctor examine(Path directory) {
        if (!directory.resolve(NodeIdentity.FILE).toFile().isFile()) {
            throw new StorageException(directory + " is not a node's directory: it has no " + NodeIdentity.FILE);
        }
        try (NioDisk disk = NioDisk.open(directory)) {
            return examine(disk);
        } catch (IOException failure) {
            throw new StorageException("cannot read " + directory + ": " + NioDisk.reason(failure), failure);
        }
    }

    static Doctor examine(Disk disk) throws IOException {
        NodeIdentity identity = NodeIdentity.read(disk);
        Recovery recovery = new Recovery(disk, identity.partitions(), BucketLimits.DEFAULT);
        recovery.run();
        List<String> lines = new ArrayList<>();
        lines.add("node        " + identity.node());
        lines.add("cluster     " + (identity.cluster().isEmpty() ? "none, the node is alone" : identity.cluster()));
        lines.add("formation   " + (identity.formation().isEmpty() ? "none" : identity.formation()));
        if (identity.left()) {
            lines.add("drained     yes: others have all that it had, and its copies are not used");
        }
        lines.add("format      " + LogFormat.VERSION);
        lines.add("log         " + recovery.log().segments().size() + " segments, "
                + recovery.log().bytes() + " bytes, " + recovery.log().records() + " records");
        lines.add("snapshots   " + recovery.snapshotBytes() + " bytes");
        lines.add("");
        lines.add("partition  version  sessions  connected  queued  retained  bytes  state");
        List<RecoveredCopy> copies = new ArrayList<>();
        for (int partition = 0; partition < identity.partitions(); partition++) {
            RecoveredCopy copy = recovery.copy(partition);
            copies.add(copy);
            lines.add(line(copy));
        }
        lines.add("");
        lines.add(recovery.faults().isEmpty() ? "no faults" : recovery.faults().size() + " faults:");
        recovery.faults().forEach(fault -> lines.add((fault.harmless() ? "harmless  " : "damage    ") + fault));
        return new Doctor(lines, List.copyOf(recovery.faults()), copies, identity.node());
    }

    private static String line(RecoveredCopy copy) {
        Bucket bucket = copy.bucket();
        String state = copy.damage() != null ? "damaged: " + copy.damage() : bucket == null ? "not here" : "sound";
        if (bucket == null) {
            return copy.partition() + "  -  -  -  -  -  -  " + state;
        }
        BucketFigures held = bucket.figures();
        return copy.partition() + "  " + bucket.version().generation() + "."
                + bucket.version().number() + "  "
                + held.sessions() + "  " + held.connected() + "  " + held.queuedMessages() + "  " + held.retained()
                + "  " + held.bytes() + "  " + state;
    }

    /** Whether everything that is here can be used without a loss. */
    public boolean isSound() {
        return copies.stream().allMatch(copy -> copy.damage() == null);
    }
}
