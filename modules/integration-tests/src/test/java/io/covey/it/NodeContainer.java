package io.covey.it;

import com.github.dockerjava.api.model.ContainerNetwork;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.utility.DockerImageName;

/**
 * One node as a container, as strictly shut in as docker-compose.yml has it. Its ports on the host are fixed, so that they are the same after a
 * kill and a start.
 */
final class NodeContainer extends GenericContainer<NodeContainer> {
    static final int MQTT = 1883;
    static final int MANAGEMENT = 8080;

    private static final long MEMORY_BYTES = 1L << 30;

    private final Set<Attachment> attachments;

    /** A network beside the first one. */
    record Attachment(Network network, String alias, String address) {}

    NodeContainer(
            String image,
            int mqttPort,
            int managementPort,
            Network clients,
            Set<Attachment> attachments,
            Map<String, String> environment) {
        super(DockerImageName.parse(image));
        this.attachments = attachments;
        withNetwork(clients);
        withEnv(environment);
        setPortBindings(
                List.of("127.0.0.1:" + mqttPort + ":" + MQTT, "127.0.0.1:" + managementPort + ":" + MANAGEMENT));
        withCreateContainerCmdModifier(create -> create.getHostConfig()
                .withReadonlyRootfs(true)
                .withTmpFs(Map.of("/tmp", ""))
                .withMemory(MEMORY_BYTES));
        waitingFor(new AbstractWaitStrategy() {
            @Override
            protected void waitUntilReady() {
                // Nodes of a cluster wait for each other; whoever started them asks all of them.
            }
        });
    }

    @Override
    protected void containerIsCreated(String containerId) {
        attachments.forEach(this::attach);
    }

    /** Plugs the container into a network, at the address that it has there. */
    void attach(Attachment to) {
        dockerClient
                .connectToNetworkCmd()
                .withNetworkId(to.network().getId())
                .withContainerId(getContainerId())
                .withContainerNetwork(new ContainerNetwork()
                        .withAliases(to.alias())
                        .withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(to.address())))
                .exec();
    }

    /** Pulls the plug out. */
    void detach(Attachment from) {
        dockerClient
                .disconnectFromNetworkCmd()
                .withNetworkId(from.network().getId())
                .withContainerId(getContainerId())
                .exec();
    }

    /** SIGKILL. */
    void signalKill() {
        dockerClient.killContainerCmd(getContainerId()).withSignal("KILL").exec();
    }

    /** SIGTERM, and SIGKILL after this time; the exit status. */
    long terminate(int secondsMax) {
        dockerClient.stopContainerCmd(getContainerId()).withTimeout(secondsMax).exec();
        Long status = getCurrentContainerInfo().getState().getExitCodeLong();
        return status == null ? -1 : status;
    }

    /** Starts the container again, with its files. */
    void startAgain() {
        dockerClient.startContainerCmd(getContainerId()).exec();
    }

    /** Freezes all its processes. The kernel may refuse while one of them begins or ends, as those of the health check do. */
    void pause() throws InterruptedException {
        Waiting.untilDone(
                "the container is frozen",
                () -> dockerClient.pauseContainerCmd(getContainerId()).exec());
    }

    void unpause() {
        dockerClient.unpauseContainerCmd(getContainerId()).exec();
    }
}
