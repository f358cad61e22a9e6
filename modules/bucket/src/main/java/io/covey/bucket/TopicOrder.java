package io.covey.bucket;

import java.util.Comparator;

/**
 * The order of topics level by level: like that of strings, with the separator before every other character. So a topic is followed by
 * everything below it, without anything else between.
 */
final class TopicOrder implements Comparator<String> {
    static final TopicOrder LEVEL_BY_LEVEL = new TopicOrder();

    private TopicOrder() {}

    @Override
    public int compare(String left, String right) {
        int common = Math.min(left.length(), right.length());
        for (int i = 0; i < common; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                return a == '/' ? -1 : b == '/' ? 1 : a - b;
            }
        }
        return left.length() - right.length();
    }
}
