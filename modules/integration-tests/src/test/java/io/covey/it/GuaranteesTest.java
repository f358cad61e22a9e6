package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/guarantees.md promises nothing without naming a test that is there. */
@BesideOthers
class GuaranteesTest {
    private static final Path ROOT = Path.of("..", "..");
    /** {@code SomeTest} or {@code SomeTest.method}. */
    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*Test)(?:\\.(\\w+))?`");

    private final List<String> lines;

    GuaranteesTest() throws IOException {
        lines = Files.readAllLines(ROOT.resolve("docs").resolve("guarantees.md"));
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Set<String> missing = new TreeSet<>();
        for (String line : lines) {
            Matcher named = TEST.matcher(line);
            while (named.find()) {
                if (!isThere(named.group(1), named.group(2))) {
                    missing.add(named.group());
                }
            }
        }
        assertThat(missing).as("named in docs/guarantees.md, but not there").isEmpty();
    }

    private static boolean isThere(String type, String method) throws IOException {
        for (Path module : modules()) {
            // Not the whole module: files below target come and go while other tests run.
            Path tests = module.resolve("src").resolve("test").resolve("java");
            if (Files.isDirectory(tests) && isThere(tests, type, method)) {
                return true;
            }
        }
        return false;
    }

    private static List<Path> modules() throws IOException {
        try (Stream<Path> modules = Files.list(ROOT.resolve("modules"))) {
            return modules.toList();
        }
    }

    private static boolean isThere(Path tests, String type, String method) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(tests)) {
            files = all.filter(path -> path.endsWith(type + ".java")).toList();
        }
        for (Path file : files) {
            if (method == null || Files.readString(file).contains(" void " + method + "(")) {
                return true;
            }
        }
        return false;
    }

    @Test
    void everyRowAboutAFaultNamesItsTest() {
        List<String> rows = lines.stream()
                .dropWhile(line -> !line.startsWith("## Faults"))
                .skip(1)
                .takeWhile(line -> !line.startsWith("## "))
                .filter(line -> line.startsWith("| ") && !line.startsWith("| fault |"))
                .collect(Collectors.toList());
        assertThat(rows).hasSizeGreaterThan(10);
        assertThat(rows).allMatch(row -> TEST.matcher(row).find(), "names a test");
    }
}
