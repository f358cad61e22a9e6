package io.covey.cluster;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/** The bytes of an owner's answers to {@link MemberBatches}, in the order of the batches. */
final class MemberAnswers {
    private static final int CAPACITY = 512;

    private MemberAnswers() {}

    static byte[] toBytes(BatchAnswer[] answers) {
        ByteWriter out = new ByteWriter(CAPACITY);
        out.u8(answers.length);
        for (BatchAnswer answer : answers) {
            answer.write(out);
        }
        return out.toByteArray();
    }

    static BatchAnswer[] read(byte[] bytes) {
        ByteReader in = new ByteReader(bytes);
        BatchAnswer[] answers = new BatchAnswer[in.u8()];
        for (int i = 0; i < answers.length; i++) {
            answers[i] = BatchAnswer.read(in);
        }
        return answers;
    }
}
