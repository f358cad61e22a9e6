package io.covey.cluster;

import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;

/** Makes what members send each other, by number. */
final class ClusterSerialization implements DataSerializableFactory {
    static final int FACTORY_ID = 9_071;
    static final int BATCH_OPERATION = 1;
    static final int BATCH_PROCESSOR = 2;
    static final int BATCH_BACKUP = 3;
    static final int FORMATION_PROCESSOR = 4;
    static final int MERGE_POLICY = 5;
    static final int FORMATION_BACKUP = 6;
    static final int RESTORE_PROCESSOR = 7;
    static final int SYNC_OPERATION = 8;
    static final int KEPT_PROCESSOR = 9;
    static final int MEMBER_BATCHES = 10;
    static final int MEMBER_BACKUPS = 11;
    static final int FOLLOW_PROCESSOR = 12;
    static final int LOOK_PROCESSOR = 13;

    @Override
    public IdentifiedDataSerializable create(int typeId) {
        return switch (typeId) {
            case BATCH_OPERATION -> new BucketBatchOperation();
            case BATCH_PROCESSOR -> new BucketBatchProcessor();
            case BATCH_BACKUP -> new BucketBatchBackup();
            case FORMATION_PROCESSOR -> new FormationProcessor();
            case MERGE_POLICY -> new HighestVersionMergePolicy();
            case FORMATION_BACKUP -> new FormationProcessor.Backup();
            case RESTORE_PROCESSOR -> new RestoreProcessor();
            case SYNC_OPERATION -> new SyncOperation();
            case KEPT_PROCESSOR -> new KeptProcessor();
            case MEMBER_BATCHES -> new MemberBatches();
            case MEMBER_BACKUPS -> new MemberBackups();
            case FOLLOW_PROCESSOR -> new FollowProcessor();
            case LOOK_PROCESSOR -> new LookProcessor();
            default -> throw new IllegalArgumentException("no type with the id " + typeId);
        };
    }
}
