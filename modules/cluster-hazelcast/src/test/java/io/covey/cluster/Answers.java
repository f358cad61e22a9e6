package io.covey.cluster;

import io.covey.broker.BucketGateway;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Refusal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What a gateway answers to a batch, as a value. */
sealed interface Answers {
    record Confirmed(BatchResult result) implements Answers {}

    record Refused(Refusal refusal) implements Answers {}

    record Unknown(String cause) implements Answers {}

    /** Submits from the loop and waits for the answer; an answer off the loop, or a second one, fails. */
    static Answers of(BucketGateway gateway, TestLoop loop, int partition, Batch batch, boolean repair) {
        return submit(gateway, loop, partition, batch, repair)
                .orTimeout(TestMember.WAIT_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    static CompletableFuture<Answers> submit(
            BucketGateway gateway, TestLoop loop, int partition, Batch batch, boolean repair) {
        CompletableFuture<Answers> answered = new CompletableFuture<>();
        loop.submit(() -> {
            gateway.submit(partition, batch, repair, new BucketGateway.Answer() {
                @Override
                public void confirmed(BatchResult result) {
                    take(new Confirmed(result));
                }

                @Override
                public void refused(Refusal refusal) {
                    take(new Refused(refusal));
                }

                @Override
                public void unknown(String cause) {
                    take(new Unknown(cause));
                }

                private void take(Answers answer) {
                    if (!loop.isCurrent()) {
                        answered.completeExceptionally(new AssertionError("answered off the loop"));
                    }
                    if (!answered.complete(answer)) {
                        throw new AssertionError("answered twice: " + answer);
                    }
                }
            });
            if (answered.isDone()) {
                throw new AssertionError("answered from inside the call");
            }
        });
        return answered;
    }
}
