package io.covey.storage;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/** The few things that the storage wants of a file system, in one flat directory. Tests put faults here. Used by several threads. */
interface Disk extends Closeable {
    /** A file under construction. One thread writes it at a time; {@link #force} may come from another. */
    interface Output extends Closeable {
        /** Writes all of these bytes at the end of the file; where it fails, an unknown part of them. An interrupt does not disturb it. */
        void write(byte[] bytes, int offset, int length) throws IOException;

        /** Cuts the file to this size, after a write that failed; the next write goes on from there. */
        void cut(long size) throws IOException;

        /** Returns when everything written before is on the device. */
        void force() throws IOException;
    }

    /** A new, empty file; one of that name is replaced. */
    Output create(String name) throws IOException;

    /** Returns when a complete file is on the device. */
    void force(String name) throws IOException;

    /** All of a file. */
    byte[] read(String name) throws IOException;

    /** The size of a file in bytes. */
    long size(String name) throws IOException;

    /** The names of the files, sorted. */
    List<String> list() throws IOException;

    /** Gives a file another name, in place of what had it before. */
    void rename(String from, String to) throws IOException;

    /** Cuts a file. */
    void truncate(String name, long size) throws IOException;

    /** Removes a file if it is there. */
    void delete(String name) throws IOException;

    /** Returns when created, renamed and deleted names are on the device. */
    void forceDirectory() throws IOException;

    /** A name for the time since the machine was started: what was written is in the system's cache as long as it stays the same. Or empty. */
    String boot();

    /** Bytes that can still be written. */
    long usableBytes() throws IOException;
}
