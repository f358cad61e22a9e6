package io.covey.cluster;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.storage.RecoveredCopy;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * What a member found on its disk, told to the others before the cluster is formed; later also what it brings from another side of a split.
 *
 * @param formation the formation that the disk belongs to, or the empty string
 * @param nodes node incarnations that the copies know: all of an earlier life
 * @param copies one for each partition
 * @param agreed what this disk knows of the number of nodes, see {@link AgreedSize}; 0 for nothing
 * @param left whether the node was drained: then the others have all of this, or newer, and it counts for nothing
 */
record Inventory(String formation, List<Long> nodes, List<Copy> copies, long agreed, boolean left) {
    private static final int CAPACITY = 1024;

    /**
     * A partition's copy.
     *
     * @param state one of the constants
     * @param version how far it is; of no meaning where it is absent
     */
    record Copy(int state, BucketVersion version) {
        static final int ABSENT = 0;
        static final int SOUND = 1;
        static final int DAMAGED = 2;
    }

    /** @param found one for each partition, or none at all */
    static Inventory of(ClusterStorage storage, List<RecoveredCopy> found, int partitions) {
        List<Copy> copies = new ArrayList<>();
        TreeSet<Long> nodes = new TreeSet<>();
        for (int partition = 0; partition < partitions; partition++) {
            RecoveredCopy recovered = found.isEmpty() ? null : found.get(partition);
            Bucket bucket = recovered == null ? null : recovered.bucket();
            if (recovered == null || bucket == null) {
                boolean damaged = recovered != null && recovered.damage() != null;
                copies.add(new Copy(damaged ? Copy.DAMAGED : Copy.ABSENT, BucketVersion.ZERO));
            } else {
                copies.add(new Copy(recovered.isSound() ? Copy.SOUND : Copy.DAMAGED, bucket.version()));
                for (long node : bucket.nodes()) {
                    nodes.add(node);
                }
            }
        }
        return new Inventory(storage.formation(), List.copyOf(nodes), copies, storage.agreed(), storage.hasLeft());
    }

    boolean isEmpty() {
        return formation.isEmpty() && copies.stream().allMatch(copy -> copy.state() == Copy.ABSENT);
    }

    byte[] toBytes() {
        ByteWriter out = new ByteWriter(CAPACITY);
        out.string(formation);
        Lists.write(nodes, ByteWriter::i64, out);
        Lists.write(copies, (to, copy) -> copy.version().write(to.u8(copy.state())), out);
        out.i64(agreed).bool(left);
        return out.toByteArray();
    }

    static Inventory read(byte[] bytes) {
        ByteReader in = new ByteReader(bytes);
        String formation = in.string();
        List<Long> nodes = Lists.read(in, ByteReader::i64);
        List<Copy> copies = Lists.read(in, each -> new Copy(each.u8(), BucketVersion.read(each)));
        long agreed = in.i64();
        return new Inventory(formation, nodes, copies, agreed, in.remaining() > 0 && in.bool());
    }
}
