package io.covey.server;

import io.covey.config.Configuration;
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
        String address = given == null ? own(options.load()) : given;
        return SLASHES_AT_END.matcher(address).replaceFirst("");
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
