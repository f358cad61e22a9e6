package io.covey.server;

import io.covey.config.Configuration;
import io.covey.config.ConfigurationException;
import io.covey.config.ConfigurationLoader;
import io.covey.observability.BrokerMetrics;
import io.covey.storage.StorageException;
import io.covey.wire.ListenerFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of a node. Exit status 2 stands for an operator's mistake, told in one line. */
@Command(
        name = "covey",
        description = "A clustered MQTT broker.",
        subcommands = {
            Main.Start.class,
            Main.Check.class,
            HealthCommand.class,
            DrainCommand.class,
            PasswordCommand.class,
            StorageCommands.DoctorCommand.class,
            StorageCommands.BackupCommand.class,
            StorageCommands.RestoreCommand.class
        })
public final class Main {
    private static final int OPERATOR_ERROR = 2;
    private static final int COMMON_PARALLELISM_MIN = 4;

    private Main() {}

    /** Runs the command line and ends the process where a command fails. */
    public static void main(String[] args) {
        // With parallelism 1, as on two processors, each asynchronous answer of Hazelcast starts a thread. Before
        // anything touches the pool.
        if (System.getProperty("java.util.concurrent.ForkJoinPool.common.parallelism") == null) {
            System.setProperty(
                    "java.util.concurrent.ForkJoinPool.common.parallelism", Integer.toString(COMMON_PARALLELISM_MIN));
        }
        NameLookups.keepFresh();
        int status = commandLine().execute(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new Main());
        withHelp(commandLine);
        commandLine.getSubcommands().values().forEach(Main::withHelp);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setExecutionExceptionHandler((exception, command, parsed) -> {
            String mistake = operatorsMistake(exception);
            if (mistake == null) {
                throw exception;
            }
            command.getErr().println("covey: " + mistake);
            return OPERATOR_ERROR;
        });
        commandLine.setParameterExceptionHandler((mistake, arguments) -> {
            CommandLine command = mistake.getCommandLine();
            String name = command.getCommandSpec().qualifiedName();
            command.getErr().println("covey: " + firstLine(mistake.getMessage()) + "; see " + name + " --help");
            return OPERATOR_ERROR;
        });
        return commandLine;
    }

    private static void withHelp(CommandLine command) {
        command.getCommandSpec().mixinStandardHelpOptions(true).version("covey " + BrokerMetrics.version());
    }

    private static String firstLine(@Nullable String message) {
        return String.valueOf(message).lines().findFirst().orElse("");
    }

    private static @Nullable String operatorsMistake(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof ConfigurationException
                        || cause instanceof ListenerFailure
                        || cause instanceof StorageException
                ? cause.getMessage()
                : null;
    }

    /** The options that name the configuration. */
    static final class ConfigurationOptions {
        @Option(names = "--config", paramLabel = "FILE", description = "YAML file")
        @Nullable
        Path file;

        @Option(
                names = "--set",
                paramLabel = "key=value",
                description = "a key's value, stronger than file and environment")
        List<String> assignments = new ArrayList<>();

        Configuration load() {
            return ConfigurationLoader.load(file, System.getenv(), assignments);
        }
    }

    /** {@code covey start}. */
    @Command(name = "start", description = "Runs one node in the foreground until SIGTERM.")
    static final class Start implements Runnable {
        @CommandLine.Mixin
        ConfigurationOptions options = new ConfigurationOptions();

        @Option(names = "--print-config", description = "prints what is in force, as check does, before it starts")
        boolean printConfiguration;

        @Override
        public void run() {
            if (ForkJoinPool.commonPool().getParallelism() < COMMON_PARALLELISM_MIN) {
                throw new ConfigurationException("the JVM's common pool has parallelism "
                        + ForkJoinPool.commonPool().getParallelism() + "; start it with "
                        + "-Djava.util.concurrent.ForkJoinPool.common.parallelism=" + COMMON_PARALLELISM_MIN
                        + " or more");
            }
            Configuration configuration = options.load();
            CoveyServer server = new CoveyServer(ServerSettings.of(configuration));
            if (printConfiguration) {
                System.out.print(configuration.describe());
            }
            Runtime.getRuntime().addShutdownHook(new Thread(server::shutDown, "covey-shutdown"));
            server.run();
        }
    }

    /** {@code covey check}. */
    @Command(name = "check", description = "Checks the configuration and prints what is in force.")
    static final class Check implements Runnable {
        @CommandLine.Mixin
        ConfigurationOptions options = new ConfigurationOptions();

        @Override
        public void run() {
            Configuration configuration = options.load();
            ServerSettings.of(configuration).auth().check();
            System.out.print(configuration.describe());
        }
    }
}
