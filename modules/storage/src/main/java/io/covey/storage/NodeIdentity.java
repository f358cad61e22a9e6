package io.covey.storage;

import io.covey.protocol.ByteWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whose directory it is: a small text file with a checksum. It is replaced as a whole.
 *
 * @param node the node's name
 * @param cluster the cluster's name, or the empty string where the node is alone
 * @param partitions how many buckets there are
 * @param formation drawn when the cluster was formed, the same on all its members; the empty string before
 * @param agreed what the nodes have agreed of their number, as the cluster encodes it; 0 where this node was not told
 * @param left whether the node was drained and has not come back since: others have all that it had
 */
record NodeIdentity(String node, String cluster, int partitions, String formation, long agreed, boolean left) {
    static final String FILE = "covey.node";

    private static final String HEAD = "covey-storage ";

    NodeIdentity formedAs(String newFormation) {
        return new NodeIdentity(node, cluster, partitions, newFormation, agreed, left);
    }

    NodeIdentity agreedOn(long size) {
        return new NodeIdentity(node, cluster, partitions, formation, size, left);
    }

    NodeIdentity gone(boolean forGood) {
        return new NodeIdentity(node, cluster, partitions, formation, agreed, forGood);
    }

    void write(Disk disk) throws IOException {
        String text = HEAD + LogFormat.VERSION + "\nnode=" + node + "\ncluster=" + cluster + "\npartitions="
                + partitions + "\nformation=" + formation + "\nagreed=" + agreed + (left ? "\nleft=true" : "") + "\n";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        String sum = String.format("crc32c=%08x%n", LogFormat.crc(bytes, 0, bytes.length));
        byte[] file = new ByteWriter(bytes.length + 32)
                .raw(bytes)
                .raw(sum.getBytes(StandardCharsets.UTF_8))
                .toByteArray();
        String unfinished = FILE + SnapshotFile.UNFINISHED;
        try (Disk.Output out = disk.create(unfinished)) {
            out.write(file, 0, file.length);
            out.force();
        }
        disk.rename(unfinished, FILE);
        disk.forceDirectory();
    }

    /**
     * Reads the file of a directory that has one.
     *
     * @throws StorageException where it is corrupt, or a newer release wrote it
     */
    static NodeIdentity read(Disk disk) throws IOException {
        String text = new String(disk.read(FILE), StandardCharsets.UTF_8);
        int sumAt = text.lastIndexOf("crc32c=");
        String[] lines = text.split("\n");
        if (!lines[0].startsWith(HEAD) || sumAt < 0) {
            throw new StorageException(
                    "storage.directory: " + disk + "/" + FILE + " is corrupt; put it back from a copy");
        }
        refuseNewer(disk, lines[0].substring(HEAD.length()).strip());
        byte[] covered = text.substring(0, sumAt).getBytes(StandardCharsets.UTF_8);
        String sum = String.format("crc32c=%08x", LogFormat.crc(covered, 0, covered.length));
        if (!text.substring(sumAt).strip().equals(sum)) {
            throw new StorageException("storage.directory: " + disk + "/" + FILE + " fails its checksum");
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                values.put(line.substring(0, equals), line.substring(equals + 1).strip());
            }
        }
        return new NodeIdentity(
                values.getOrDefault("node", ""),
                values.getOrDefault("cluster", ""),
                Integer.parseInt(values.getOrDefault("partitions", "0")),
                values.getOrDefault("formation", ""),
                Long.parseLong(values.getOrDefault("agreed", "0")),
                Boolean.parseBoolean(values.get("left")));
    }

    private static void refuseNewer(Disk disk, String version) {
        int number;
        try {
            number = Integer.parseInt(version);
        } catch (NumberFormatException noNumber) {
            throw new StorageException(
                    "storage.directory: " + disk + "/" + FILE + " is corrupt; put it back from a copy", noNumber);
        }
        if (number > LogFormat.VERSION) {
            throw new StorageException("storage.directory: " + disk + " has format " + number
                    + ", this release reads up to " + LogFormat.VERSION + "; start the newer release again");
        }
    }
}
