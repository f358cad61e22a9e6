package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Retained messages: kept by topic, found by filter. */
class RetainedTest {
    private static final long SEED = 20_260_101L;

    private final TestBucket bucket = new TestBucket();

    private Result retain(String topic, String text) {
        return bucket.answer(
                new Command.Retain(bucket.message(topic, text, QoS.AT_LEAST_ONCE, true, Message.NEVER), null));
    }

    private List<String> read(String filter) {
        List<String> texts = new ArrayList<>();
        String after = "";
        Result.RetainedPage page;
        do {
            page = bucket.runQuietly(new Command.ReadRetained(filter, after));
            page.messages().forEach(message -> texts.add(message.topic() + "=" + TestBucket.text(message)));
            after = page.after();
        } while (page.more());
        return texts;
    }

    @Test
    void theNewestValueOfATopicIsKept() { // [MQTT-3.3.1-5]
        assertThat(retain("a", "111")).isEqualTo(new Result.RetainedStored(1, null));
        assertThat(retain("a", "222")).isEqualTo(new Result.RetainedStored(2, null));
        retain("b", "x");
        bucket.restart();
        assertThat(retain("a", "333")).isEqualTo(new Result.RetainedStored(4, null));

        assertThat(read("a")).containsExactly("a=333");
    }

    @Test
    void anEmptyPayloadDeletes() { // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
        retain("a", "111");

        assertThat(retain("a", "")).isEqualTo(new Result.RetainedStored(2, null));
        assertThat(retain("nothing", "")).isEqualTo(new Result.RetainedStored(3, null));

        assertThat(read("#")).isEmpty();
    }

    @Test
    void matchesComeInTheOrderOfTheirLevels() {
        for (String topic : List.of("b", "a/b", "a-b", "a", "a/b/c", "a/", "/a", "ab/c")) {
            retain(topic, "1");
        }

        assertThat(read("#")).containsExactly("/a=1", "a=1", "a/=1", "a/b=1", "a/b/c=1", "a-b=1", "ab/c=1", "b=1");
        assertThat(read("a/#")).containsExactly("a=1", "a/=1", "a/b=1", "a/b/c=1");
        assertThat(read("+/+")).containsExactly("/a=1", "a/=1", "a/b=1", "ab/c=1");
    }

    @Test
    void wildcardsAtTheStartDoNotMatchDollarTopics() { // [MQTT-4.7.2-1]
        retain("$SYS/up", "1");
        retain("$", "1");
        retain("x/up", "1");
        retain("#x", "1");

        assertThat(read("#")).containsExactly("#x=1", "x/up=1");
        assertThat(read("+/up")).containsExactly("x/up=1");
        assertThat(read("$SYS/#")).containsExactly("$SYS/up=1");
        assertThat(read("$SYS/+")).containsExactly("$SYS/up=1");
    }

    @Test
    void pagesAreBoundedByMessages() {
        for (int i = 0; i < 600; i++) {
            bucket.runQuietly(new Command.Retain(
                    bucket.message("t/%03d".formatted(i), "1", QoS.AT_LEAST_ONCE, true, Message.NEVER), null));
        }

        Result.RetainedPage first = bucket.run(new Command.ReadRetained("t/+", ""));
        Result.RetainedPage second = bucket.run(new Command.ReadRetained("t/+", first.after()));
        Result.RetainedPage third = bucket.run(new Command.ReadRetained("t/+", second.after()));

        assertThat(first.messages()).hasSize(256);
        assertThat(first.more()).isTrue();
        assertThat(second.messages()).hasSize(256);
        assertThat(third.messages()).hasSize(88);
        assertThat(third.more()).isFalse();
        assertThat(third.messages().get(87).topic()).isEqualTo("t/599");
    }

    @Test
    void pagesAreBoundedByBytesButHoldOneMessageAtLeast() {
        retain("t/1", "x".repeat(200 << 10));
        retain("t/2", "x".repeat(100 << 10));
        retain("t/3", "x".repeat(300 << 10));

        Result.RetainedPage first = bucket.run(new Command.ReadRetained("#", ""));
        assertThat(first.messages()).extracting(Message::topic).containsExactly("t/1");
        Result.RetainedPage second = bucket.run(new Command.ReadRetained("#", first.after()));
        assertThat(second.messages()).extracting(Message::topic).containsExactly("t/2");
        Result.RetainedPage third = bucket.run(new Command.ReadRetained("#", second.after()));
        assertThat(third.messages()).extracting(Message::topic).containsExactly("t/3");
        assertThat(third.more()).isFalse();
    }

    @Test
    void expiredValuesAreSkippedAndTickDropsThem() { // [MQTT-3.3.2-5]
        for (int i = 1; i <= 3; i++) {
            long expires = bucket.nowMillis + 1000L * i;
            bucket.run(new Command.Retain(bucket.message("t/" + i, "1", QoS.AT_LEAST_ONCE, true, expires), null));
        }
        retain("t/2", "kept");
        bucket.restart();
        long before = bucket.owner.figures().bytes();

        bucket.advanceSeconds(2);
        assertThat(read("#")).containsExactly("t/2=kept", "t/3=1");
        assertThat(bucket.owner.figures().retained()).isEqualTo(3);
        bucket.tick();
        assertThat(bucket.owner.figures().retained()).isEqualTo(2);
        assertThat(bucket.owner.figures().bytes()).isLessThan(before);
        bucket.advanceSeconds(100);
        bucket.tick();
        assertThat(read("#")).containsExactly("t/2=kept");
    }

    @Test
    void aSearchThatFindsNothingStopsAfterABoundedNumberOfSteps() {
        for (int i = 0; i <= RetainedStore.PAGE_STEPS_MAX; i++) {
            bucket.runQuietly(new Command.Retain(
                    bucket.message("t/" + i + "/x", "1", QoS.AT_LEAST_ONCE, true, Message.NEVER), null));
        }

        Result.RetainedPage page = bucket.runQuietly(new Command.ReadRetained("+/+/y", ""));

        assertThat(page.messages()).isEmpty();
        assertThat(page.more()).isTrue();
        assertThat(read("+/+/y")).isEmpty();
    }

    @Test
    void seekingFindsExactlyWhatComparingEachTopicFinds() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        String[] levels = {"", "a", "b", "ab", "$a", "a-", "c"};
        for (int round = 0; round < 100; round++) {
            TestBucket tried = new TestBucket();
            Map<String, String> naive = new TreeMap<>(TopicOrder.LEVEL_BY_LEVEL);
            for (int i = 0; i < 60; i++) {
                String topic = path(random, levels, false);
                if (topic.isEmpty()) {
                    continue;
                }
                tried.runQuietly(
                        new Command.Retain(tried.message(topic, "" + i, QoS.AT_LEAST_ONCE, true, Message.NEVER), null));
                naive.put(topic, "" + i);
            }
            for (int i = 0; i < 20; i++) {
                String filter = path(random, levels, true);
                if (filter.isEmpty()) {
                    continue;
                }
                List<String> expected = new ArrayList<>();
                naive.forEach((topic, text) -> {
                    if (TopicFilters.matches(filter, topic)) {
                        expected.add(topic);
                    }
                });
                String after = random.nextInt(3) == 0 ? path(random, levels, false) : "";
                expected.removeIf(topic -> !after.isEmpty() && TopicOrder.LEVEL_BY_LEVEL.compare(topic, after) <= 0);

                Result.RetainedPage page = tried.runQuietly(new Command.ReadRetained(filter, after));

                assertThat(page.messages())
                        .describedAs("seed %d, round %d, filter %s after %s", SEED, round, filter, after)
                        .extracting(Message::topic)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void theCostOfASearchIsWhatItFindsAndNotWhatThereIs() {
        TreeMap<String, String> topics = new TreeMap<>(TopicOrder.LEVEL_BY_LEVEL);
        for (int site = 0; site < 1_000; site++) {
            for (int device = 0; device < 100; device++) {
                topics.put("site/" + site + "/dev/" + device + "/temp", "");
            }
        }

        assertThat(looks(topics, "site/77/dev/5/temp", 1)).isLessThan(10);
        assertThat(looks(topics, "site/77/#", 100)).isLessThan(110);
        assertThat(looks(topics, "site/77/+/+/temp", 100)).isLessThan(210);
        assertThat(looks(topics, "+/77/+/+/temp", 100)).isLessThan(210);
        assertThat(looks(topics, "site/+/dev/42/temp", 1_000)).isLessThan(4_010);
        assertThat(looks(topics, "site/77/dev/+/none", 0)).isLessThan(210);
        assertThat(looks(topics, "none/#", 0)).isLessThan(2);
    }

    /** How many topics are looked at to find this many. */
    private static int looks(TreeMap<String, String> topics, String filter, int expected) {
        RetainedScan scan = new RetainedScan(filter);
        int looks = 0;
        int found = 0;
        String topic = topics.ceilingKey(scan.first());
        while (topic != null) {
            looks++;
            found += scan.matches(topic) ? 1 : 0;
            String next = scan.next();
            topic = scan.isOver() ? null : next == null ? topics.higherKey(topic) : topics.ceilingKey(next);
        }
        assertThat(found).describedAs(filter).isEqualTo(expected);
        return looks;
    }

    private static String path(RandomGenerator random, String[] levels, boolean wildcards) {
        StringBuilder path = new StringBuilder();
        int depth = 1 + random.nextInt(4);
        for (int level = 0; level < depth; level++) {
            path.append(level == 0 ? "" : "/");
            int kind = wildcards ? random.nextInt(5) : 4;
            if (kind == 0) {
                return path.append('#').toString();
            }
            path.append(kind <= 2 ? "+" : levels[random.nextInt(levels.length)]);
        }
        return path.toString();
    }
}
