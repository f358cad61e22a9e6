/**
 * The session partitions: a replicated state machine that holds every durable state of the client ids and retained topics of one partition.
 *
 * <p>{@code Bucket} decides whether a batch is applied; {@code BucketState} leads each command to its part: {@code SessionTable} (who holds a
 * session, until when), {@code SessionCommands} (subscriptions, incoming QoS 2), {@code MessageQueues} with {@code DeliveryQueue} (the way of a
 * message), {@code SubscriptionIndex} (who gets it), {@code OriginTable} (what came before), {@code RetainedStore} and {@code Outbox}. All of
 * them charge one {@code Ledger}. {@code SnapshotWriter} and {@code BatchCodec} are the forms on the wire and on disk.
 */
@NullMarked
package io.covey.bucket;

import org.jspecify.annotations.NullMarked;
