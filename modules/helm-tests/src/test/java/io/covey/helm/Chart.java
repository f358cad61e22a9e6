package io.covey.helm;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The chart, and Helm itself (its library, within this process) to render it. */
final class Chart {
    /** The newest version of Kubernetes that is looked at. */
    static final String NEWEST = "1.36.0";

    static final String RELEASE = "demo";
    static final String NAMESPACE = "mq";
    static final String NAME = "demo-covey";

    private static final Path ROOT = Path.of(System.getProperty("covey.root", "../.."));
    private static final Path SOURCE =
            ROOT.resolve("helm/covey").toAbsolutePath().normalize();

    private Chart() {}

    /** A file of the repository. */
    static Path repository(String path) {
        return ROOT.resolve(path);
    }

    static Path file(String name) {
        return SOURCE.resolve(name);
    }

    static LintResult lint() {
        return new Helm(SOURCE).lint().strict().call();
    }

    /** Renders with these values (YAML) for the newest version of Kubernetes. */
    static Manifests render(String values) {
        return render(values, NEWEST);
    }

    static Manifests render(String values, String kubernetes) {
        return Manifests.parse(template(SOURCE, values, kubernetes));
    }

    /** Renders what Helm runs as hooks, too: by itself the library leaves them out. */
    static Manifests renderWithHooks(String values) {
        return Manifests.parse(template(HooksAsManifests.DIRECTORY, values, NEWEST));
    }

    /** Renders from the archive that {@code helm package} makes. */
    static Manifests renderPackaged(String values) {
        Path target = Path.of("target").toAbsolutePath();
        new Helm(SOURCE).packageIt().withDestination(target).call();
        return Manifests.parse(template(target.resolve("covey-" + version() + ".tgz"), values, NEWEST));
    }

    /** The message with which these values are refused; fails where they are not. */
    static String refusal(String values) {
        try {
            template(SOURCE, values, NEWEST);
        } catch (IllegalStateException refused) {
            return String.valueOf(refused.getMessage());
        }
        throw new AssertionError("not refused: " + values);
    }

    private static String version() {
        try {
            Object chart =
                    new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file("Chart.yaml")));
            return String.valueOf(Manifests.at(chart, "version"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String template(Path chart, String values, String kubernetes) {
        FakeCluster.start();
        try {
            Path file = Files.createTempFile("values", ".yaml");
            try {
                Files.writeString(file, values);
                TemplateCommand command = new Helm(chart)
                        .template()
                        .withName(RELEASE)
                        .withNamespace(NAMESPACE)
                        .withKubeVersion(kubernetes)
                        .withValuesFile(file);
                return command.call();
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A copy of the chart whose hooks are plain manifests. */
    private static final class HooksAsManifests {
        private static final String HOOK = "helm.sh/hook";
        static final Path DIRECTORY = copy();

        private static Path copy() {
            Path target = Path.of("target", "chart-without-hooks", "covey").toAbsolutePath();
            try (Stream<Path> files = Files.walk(SOURCE, FileVisitOption.FOLLOW_LINKS)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path copy = target.resolve(SOURCE.relativize(file));
                    Files.createDirectories(copy.getParent());
                    Files.writeString(copy, Files.readString(file).replace(HOOK, "covey.test/hook"));
                }
                return target;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
