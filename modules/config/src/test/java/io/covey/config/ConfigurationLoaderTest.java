package io.covey.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationLoaderTest {
    @TempDir
    Path directory;

    @Test
    void withoutAnythingTheDefaultsServeLoopbackOnly() {
        Configuration configuration = ConfigurationLoader.load(null, Map.of(), List.of());

        assertThat(configuration.listeners())
                .containsExactly(new Configuration.Listener("tcp", "tcp", "127.0.0.1", 1883));
        assertThat(configuration.isOn("cluster.enabled")).isFalse();
        assertThat(configuration.text("storage.directory")).isEqualTo("./data");
        assertThat(configuration.source("cluster.port")).isEqualTo("default");
    }

    @Test
    void fileThenEnvironmentThenAssignmentsFromWeakestToStrongest() throws Exception {
        Path file = write("cluster:\n  port: 1\n  event-bus-port: 1\n  name: one\n  members:\n    - a:1\n    - b:2\n");

        Configuration configuration = ConfigurationLoader.load(
                file,
                Map.of("COVEY_CLUSTER__EVENT_BUS_PORT", "2", "COVEY_CLUSTER__NAME", "two", "COVEY_HOME", "ignored"),
                List.of("cluster.name=three"));

        assertThat(configuration.integer("cluster.port")).isEqualTo(1);
        assertThat(configuration.integer("cluster.event-bus-port")).isEqualTo(2);
        assertThat(configuration.text("cluster.name")).isEqualTo("three");
        assertThat(configuration.list("cluster.members")).containsExactly("a:1", "b:2");
        assertThat(configuration.describe())
                .contains("cluster.name = three  # --set")
                .contains("cluster.event-bus-port = 2  # the variable COVEY_CLUSTER__EVENT_BUS_PORT")
                .contains("cluster.port = 1  # " + file);
    }

    @Test
    void anUnknownKeyNamesTheNearestKnownOne() {
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of("cluster.memebers=a:1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("unknown key 'cluster.memebers' (from --set); the nearest known key is 'cluster.members'");
    }

    @Test
    void aWrongValueNamesKeyValueSourceAndWhatIsAllowed() {
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of("listeners.tcp.port=70000")))
                .hasMessage("listeners.tcp.port: '70000' (from --set) is not allowed; "
                        + "it takes a whole number from 0 to 65535");
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of("cluster.enabled=yes")))
                .hasMessageContaining("true or false");
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of("listeners.a.type=udp")))
                .hasMessageContaining("one of tcp, websocket");
    }

    @Test
    void aListenerOfAnotherNameNeedsAPort() {
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of("listeners.ws.type=websocket")))
                .hasMessage("listeners.ws.port: missing; it takes a whole number from 0 to 65535");

        Configuration configuration = ConfigurationLoader.load(
                null, Map.of(), List.of("listeners.ws.type=websocket", "listeners.ws.port=8083"));
        assertThat(configuration.listeners())
                .contains(new Configuration.Listener("ws", "websocket", "127.0.0.1", 8083));
    }

    @Test
    void anUnreadableOrMalformedFileIsOneLine() throws Exception {
        Path missing = directory.resolve("missing.yaml");
        assertThatThrownBy(() -> ConfigurationLoader.load(missing, Map.of(), List.of()))
                .hasMessage("cannot read the configuration file " + missing + ": no such file");

        Path malformed = write("cluster:\n  name: [a\n");
        assertThatThrownBy(() -> ConfigurationLoader.load(malformed, Map.of(), List.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("line")
                .hasMessageNotContaining("\n");
        Path scalar = write("just text");
        assertThatThrownBy(() -> ConfigurationLoader.load(scalar, Map.of(), List.of()))
                .hasMessageContaining("keys and values");
    }

    @Test
    void aTypingErrorInAListenersPropertyKeepsTheListenersName() {
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of("listeners.ws.prot=8083")))
                .hasMessage(
                        "unknown key 'listeners.ws.prot' (from --set); the nearest known key is 'listeners.ws.port'");
    }

    @Test
    void onlyVariablesWithADoubleUnderscoreAreRead() {
        Map<String, String> environment = Map.of(
                "COVEY_JAVA_OPTS", "-Xmx1g", "COVEY_LOG_LEVEL", "DEBUG", "COVEY_CLUSTER_DIR", "/tmp", "PATH__X", "y");

        assertThat(ConfigurationLoader.load(null, environment, List.of()).keys())
                .isEqualTo(ConfigurationLoader.load(null, Map.of(), List.of()).keys());
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of("COVEY_CLUSTER__PROT", "1"), List.of()))
                .hasMessage("unknown key 'cluster.prot' (from the variable COVEY_CLUSTER__PROT); "
                        + "the nearest known key is 'cluster.port'");
    }

    @Test
    void aPasswordFileTurnsAnonymousClientsAwayUnlessTheyAreAllowed() {
        List<String> file = List.of("auth.password-file=/etc/covey/passwords");
        List<String> both = List.of("auth.password-file=/etc/covey/passwords", "auth.allow-anonymous=true");

        assertThat(ConfigurationLoader.load(null, Map.of(), List.of()).isOn("auth.allow-anonymous"))
                .isTrue();
        assertThat(ConfigurationLoader.load(null, Map.of(), file).isOn("auth.allow-anonymous"))
                .isFalse();
        assertThat(ConfigurationLoader.load(null, Map.of(), file).source("auth.allow-anonymous"))
                .isEqualTo("default with auth.password-file");
        assertThat(ConfigurationLoader.load(null, Map.of(), both).isOn("auth.allow-anonymous"))
                .isTrue();
    }

    @Test
    void aSectionOfWhichEverythingIsCommentedOutIsNoMistake() throws Exception {
        Path file = write("cluster:\n  # port: 1\nlisteners:\n  tcp:\n    # port: 1\nmqtt:\n");

        assertThat(ConfigurationLoader.load(file, Map.of(), List.of()).integer("cluster.port"))
                .isEqualTo(5701);
    }

    @Test
    void aListOrATreeWhereAValueBelongsIsToldWithItsKey() throws Exception {
        Path list = write("node:\n  name: [a, b]\n");
        assertThatThrownBy(() -> ConfigurationLoader.load(list, Map.of(), List.of()))
                .hasMessage("node.name: a list (from " + list + ") is not allowed; it takes a text");
        Path tree = write("cluster:\n  members:\n    - host: a\n");
        assertThatThrownBy(() -> ConfigurationLoader.load(tree, Map.of(), List.of()))
                .hasMessageContaining("cluster.members: '{host=a}'")
                .hasMessageContaining("a list of plain texts");
        Path deeper = write("cluster:\n  name:\n    first: a\n");
        assertThatThrownBy(() -> ConfigurationLoader.load(deeper, Map.of(), List.of()))
                .hasMessageContaining("unknown key 'cluster.name.first'");
    }

    @Test
    void aFileThatHoldsAKeyTwiceOrIsNoTextIsRefused() throws Exception {
        Path twice = write("cluster:\n  port: 1\n  port: 2\n");
        assertThatThrownBy(() -> ConfigurationLoader.load(twice, Map.of(), List.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("port")
                .hasMessageNotContaining("\n");
        Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xC3, 0x28});
        assertThatThrownBy(() -> ConfigurationLoader.load(binary, Map.of(), List.of()))
                .hasMessage("cannot read the configuration file " + binary + ": it is not a text in UTF-8");
        assertThatThrownBy(() -> ConfigurationLoader.load(directory, Map.of(), List.of()))
                .hasMessageStartingWith("cannot read the configuration file " + directory + ": ");
    }

    @Test
    void anAssignmentWithoutAKeyIsRefused() {
        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of("=1")))
                .hasMessage("--set: '=1' is not allowed; it takes key=value");
    }

    @Test
    void secretsAreMaskedInMessagesToo() {
        Setting secret = Setting.secret("a.b", "", "a secret");

        assertThat(secret.check("a.b", "hidden", "--set")).isEqualTo("hidden");
        assertThat(secret.isSecret()).isTrue();
        assertThat(Configuration.line(secret, "a.b", new Configuration.Value("hidden", "--set")))
                .isEqualTo("a.b = ****  # --set");
        assertThat(Configuration.line(secret, "a.b", new Configuration.Value("", "default")))
                .isEqualTo("a.b =   # default");
    }

    private Path write(String yaml) throws Exception {
        Path file = Files.createTempFile(directory, "covey", ".yaml");
        return Files.writeString(file, yaml);
    }
}
