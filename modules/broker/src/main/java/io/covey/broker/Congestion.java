package io.covey.broker;

/** Something that has too much to do, so that publishers towards it pause. */
interface Congestion {
    /** Resumes the connection once there is room again; once per call. */
    void resumeLater(ShardConnection connection);
}
