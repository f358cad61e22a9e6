package io.covey.it;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;

/**
 * A node's classes as the JVM has read, checked and laid them out (class data sharing): with them a node starts for 2.3 instead of 3.8 s of
 * processor time. Made once for a directory of test nodes, by a node that is started and ended for it.
 */
final class SharedClasses {
    private static boolean isSupported = true;

    private SharedClasses() {}

    /**
     * The options for Java that let a node use the archive, which is made where it is not there yet; none where this JVM makes no archives, since some
     * are shipped without the one of their own classes that ours builds upon.
     */
    static synchronized List<String> options(Path work) throws IOException {
        Path archive = work.resolve("classes.jsa");
        if (isSupported && !isNewest(archive)) {
            isSupported = make(work, archive);
        }
        return isSupported ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
    }

    /** The JVM does not use an archive of other jars. */
    private static boolean isNewest(Path archive) throws IOException {
        if (!Files.exists(archive)) {
            return false;
        }
        FileTime made = Files.getLastModifiedTime(archive);
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(Path.of(System.getProperty("covey.dist")))) {
            for (Path jar : jars) {
                if (Files.getLastModifiedTime(jar).compareTo(made) > 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean make(Path work, Path archive) throws IOException {
        Path made = Files.createTempDirectory(work, "classes-").resolve("made.jsa");
        int[] ports = LoopbackPorts.free(4);
        // A member of a cluster, alone and without backups: it loads everything and waits for nobody.
        List<String> assignments = List.of(
                "cluster.enabled=true",
                "cluster.name=classes-" + ports[2],
                "cluster.host=127.0.0.1",
                "cluster.port=" + ports[2],
                "cluster.event-bus-port=" + ports[3],
                "cluster.members=127.0.0.1:" + ports[2],
                "cluster.backup-count=0");
        NodeProcess node = NodeProcess.launch(
                "classes",
                ports[0],
                ports[1],
                NodeProcess.newData("classes"),
                assignments,
                List.of("-XX:ArchiveClassesAtExit=" + made));
        try {
            node.awaitReady();
            node.terminate();
        } catch (InterruptedException e) {
            node.signalKill();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the classes' archive was made", e);
        } catch (IllegalStateException noNode) {
            // The tests' own nodes will say the same if it is the product's fault.
            node.signalKill();
            System.err.println("nodes start without an archive of classes: " + noNode.getMessage());
            return false;
        }
        if (!Files.exists(made)) {
            System.err.println("nodes start without an archive of classes, this JVM has made none:\n" + node.log());
            return false;
        }
        Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }
}
