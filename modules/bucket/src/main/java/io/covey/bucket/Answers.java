package io.covey.bucket;

/** Results without content, made once. */
final class Answers {
    static final Result DONE = new Result.Done();
    static final Result FENCED = new Result.Fenced();

    private Answers() {}
}
