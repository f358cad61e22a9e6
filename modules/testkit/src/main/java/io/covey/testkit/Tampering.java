package io.covey.testkit;

import io.covey.bucket.QueueOverflow;
import io.covey.testkit.Scenario.Feature;

/** A deliberate fault, made at a port of the core, that the invariants must catch: proof that the simulation has teeth. */
public enum Tampering {
    /** Everything works as it should. */
    NONE,
    /** A batch counts as confirmed as soon as the owner has applied it. */
    CONFIRMED_BEFORE_BACKUP,
    /** The owner believes its backups to be present always, and needs nobody's agreement on a departure; new backups come late. */
    BACKUP_SKIPPED,
    /** Epochs in commands are replaced by the current one: a superseded connection still writes. */
    STALE_EPOCH_ACCEPTED,
    /** Deliveries are hinted as soon as the owner has applied their batch. */
    HINT_BEFORE_CONFIRMATION,
    /** Publishes lose the number by which targets recognise repeats. */
    DEDUPLICATION_LOST,
    /** The clock that leases are measured with stands still while the process is frozen. */
    CLOCK_STOPS_WHILE_FROZEN,
    /** A reopened session's messages are numbered anew, so that Packet Identifiers are used that the client still has in use. */
    PACKET_ID_REUSED,
    /** Wills lose the number by which targets recognise repeats, and stay in their outbox. */
    WILL_PUBLISHED_AGAIN,
    /** A retained message is stored when the next one for its topic comes. */
    RETAINED_LATE,
    /** The earlier connection of a client id counts as closed without being told. */
    TAKEOVER_WITHOUT_KICK,
    /** Publishes are recognised as repeats only when they come by the same shard. */
    DEDUPLICATION_LOST_AT_TAKEOVER,
    /** Hints are taken for the newest connection of a session, whichever they were for, and for the message before theirs. */
    HINT_FOR_ANOTHER_EPOCH,
    /** Route changes are lost on the way, and confirmed all the same. */
    ROUTES_CONFIRMED_UNSEEN,
    /** A backup that does not answer in time counts as having confirmed. */
    SILENCE_IS_CONFIRMATION,
    /** A normal DISCONNECT leaves the will in force. */
    WILL_KEPT_AT_DISCONNECT,
    /** Messages that are handed over to a member of a group lose the number by which its bucket recognises repeats. */
    HANDED_OVER_AGAIN,
    /** Messages that a member of a group did not complete do not come back to it. */
    GIVEN_BACK_NEVER,
    /** A publish that a full queue has refused counts as queued. */
    REFUSAL_IGNORED,
    /** Owners agree with nobody on a term: of a bucket's generation only the number of its owners is left. */
    TERM_CONSTANT,
    /** An owner goes on in the generation of the one before it, and there are no terms. */
    GENERATION_NOT_RAISED;

    /** Whether it can show in such a run at all. */
    boolean mayShowIn(Scenario scenario) {
        return switch (this) {
            case WILL_PUBLISHED_AGAIN, WILL_KEPT_AT_DISCONNECT -> scenario.has(Feature.WILLS);
            case RETAINED_LATE -> scenario.has(Feature.RETAINED);
            case HANDED_OVER_AGAIN -> scenario.has(Feature.SHARED_BY_SESSIONS) || scenario.has(Feature.SHARED_BY_ALL);
            case GIVEN_BACK_NEVER -> scenario.has(Feature.SHARED_BY_ALL);
            case HINT_BEFORE_CONFIRMATION -> scenario.has(Feature.SLOW_BACKUPS);
            case REFUSAL_IGNORED -> scenario.overflow() == QueueOverflow.REFUSE;
            case TERM_CONSTANT -> scenario.has(Feature.OWNERS_CUT_OFF);
            default -> true;
        };
    }

    /** Whether clients must see something of it, so that what only the simulation can know is not asked. */
    boolean isForClientsToSee() {
        return this != NONE && this != TERM_CONSTANT && this != GENERATION_NOT_RAISED;
    }
}
