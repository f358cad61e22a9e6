package io.covey.cluster;

import com.hazelcast.cluster.Address;
import com.hazelcast.config.properties.PropertyDefinition;
import com.hazelcast.internal.util.AddressUtil;
import com.hazelcast.internal.util.AddressUtil.AddressHolder;
import com.hazelcast.logging.ILogger;
import com.hazelcast.spi.discovery.AbstractDiscoveryStrategy;
import com.hazelcast.spi.discovery.DiscoveryNode;
import com.hazelcast.spi.discovery.DiscoveryStrategy;
import com.hazelcast.spi.discovery.DiscoveryStrategyFactory;
import com.hazelcast.spi.discovery.SimpleDiscoveryNode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the other members may be: names are looked up each time that Hazelcast asks, at the start and whenever a part of a split cluster looks for
 * the others, and every address of a name counts. So the name of a headless service stands for all of its pods, whichever these are by then.
 * From any thread.
 */
final class MemberAddresses extends AbstractDiscoveryStrategy {
    private static final long LOOKUP_PAUSE_MILLIS = 500;
    private static final long REPORT_MILLIS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(MemberAddresses.class);

    private final List<AddressHolder> entries;
    private final InetAddress own;

    /**
     * @param members {@code host:port}, or only {@code host}, which then has the same port as this member
     * @param own this member's address; addresses of the other family cannot be reached from it and do not count
     */
    MemberAddresses(ILogger logger, List<String> members, int defaultPort, InetAddress own) {
        super(logger, Map.of());
        this.entries = members.stream()
                .map(member -> AddressUtil.getAddressHolder(member, defaultPort))
                .toList();
        this.own = own;
    }

    /** Makes these addresses for Hazelcast. */
    static DiscoveryStrategyFactory factory(List<String> members, int defaultPort, InetAddress own) {
        return new Factory(members, defaultPort, own);
    }

    private record Factory(List<String> members, int defaultPort, InetAddress own) implements DiscoveryStrategyFactory {
        @Override
        public Class<? extends DiscoveryStrategy> getDiscoveryStrategyType() {
            return MemberAddresses.class;
        }

        @Override
        public DiscoveryStrategy newDiscoveryStrategy(
                @Nullable DiscoveryNode local,
                ILogger logger,
                @SuppressWarnings("rawtypes") Map<String, Comparable> properties) {
            return new MemberAddresses(logger, members, defaultPort, own);
        }

        @Override
        public Collection<PropertyDefinition> getConfigurationProperties() {
            return List.of();
        }
    }

    @Override
    public Iterable<DiscoveryNode> discoverNodes() {
        return addresses().stream().<DiscoveryNode>map(SimpleDiscoveryNode::new).toList();
    }

    /** Every address as it is known now; names that are not known yet have none. */
    Set<Address> addresses() {
        Set<Address> found = new LinkedHashSet<>();
        for (AddressHolder entry : entries) {
            try {
                for (InetAddress address : InetAddress.getAllByName(entry.getAddress())) {
                    if (address.getClass() == own.getClass()) {
                        found.add(new Address(address, entry.getPort()));
                    }
                }
            } catch (UnknownHostException notYet) {
                LOG.debug("the name of a member is not known at the moment; name={}", entry.getAddress());
            }
        }
        return found;
    }

    /**
     * Waits until there is an address at all, however long a starting DNS takes, and then for a while until there are so many that the members
     * find each other at the first try; without, each would begin alone and join the others later.
     *
     * @throws IllegalStateException when interrupted
     */
    void await(int enough, int secondsMax) {
        long started = System.nanoTime();
        long reported = started;
        try {
            while (true) {
                int known = addresses().size();
                long now = System.nanoTime();
                if (known >= enough || known > 0 && now - started >= TimeUnit.SECONDS.toNanos(secondsMax)) {
                    return;
                }
                if (now - reported >= TimeUnit.MILLISECONDS.toNanos(REPORT_MILLIS)) {
                    reported = now;
                    LOG.warn(
                            "the names of the cluster's members are not known yet, they are looked up again: {}",
                            names());
                }
                Thread.sleep(LOOKUP_PAUSE_MILLIS);
            }
        } catch (InterruptedException told) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("told to stop while the members' names were not known", told);
        }
    }

    private List<String> names() {
        return entries.stream().map(AddressHolder::getAddress).distinct().toList();
    }
}
