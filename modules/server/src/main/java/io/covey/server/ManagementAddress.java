package io.covey.server;

import io.covey.config.Configuration;
import io.covey.config.ConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that name the management port of a running node. */
final class ManagementAddress {
    private static final Pattern SLASHES_AT_END = Pattern.compile("/+$");

    @Option(
            names = "--management",
            paramLabel = "URL",
            description = "the node's management address; without it, the one of the configuration, on this machine")
    @Nullable
    String given;

    @Mixin
    Main.ConfigurationOptions options = new Main.ConfigurationOptions();

    /** The beginning of every address there, without a slash at its end. */
    String base() {
        String address = given == null ? own(options.load()) : checked(given);
        return SLASHES_AT_END.matcher(address).replaceFirst("");
    }

    private static String checked(String given) {
        try {
            URI uri = new URI(given);
            if ("http".equals(uri.getScheme()) && uri.getRawAuthority() != null) {
                return given;
            }
        } catch (URISyntaxException mistake) {
            // Told below, together with addresses of other schemes.
        }
        throw new ConfigurationException("--management: '" + given + "' is not allowed; it takes http://host:port");
    }

    /** Where the node of this configuration listens for operators, as seen from its own host. */
    private static String own(Configuration configuration) {
        String host = configuration.text("management.host");
        boolean anyAddress = host.equals("0.0.0.0") || host.equals("::") || host.equals("[::]");
        String reached = anyAddress ? "127.0.0.1" : host;
        boolean bare = reached.contains(":") && !reached.startsWith("[");
        return "http://" + (bare ? "[" + reached + "]" : reached) + ":" + configuration.integer("management.port");
    }
}
