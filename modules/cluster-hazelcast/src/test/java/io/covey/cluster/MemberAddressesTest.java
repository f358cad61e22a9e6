package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.cluster.Address;
import com.hazelcast.logging.Logger;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemberAddressesTest {
    private static MemberAddresses addresses(String... members) throws Exception {
        return new MemberAddresses(
                Logger.getLogger(MemberAddressesTest.class),
                List.of(members),
                5701,
                InetAddress.getByName("127.0.0.1"));
    }

    @Test
    void anAddressIsTakenWithItsPortOrTheDefault() throws Exception {
        assertThat(addresses("127.0.0.2:5999", "127.0.0.3").addresses())
                .containsExactly(new Address("127.0.0.2", 5999), new Address("127.0.0.3", 5701));
    }

    @Test
    void aNameStandsForItsAddressesOfTheOwnFamily() throws Exception {
        assertThat(addresses("localhost").addresses())
                .contains(new Address("127.0.0.1", 5701))
                .allMatch(Address::isIPv4);
    }

    @Test
    void aNameThatIsNotKnownYetStandsForNothing() throws Exception {
        assertThat(addresses("not-known.invalid", "127.0.0.2").addresses())
                .containsExactly(new Address("127.0.0.2", 5701));
    }

    @Test
    void whoWaitsForNamesCanBeToldToStop() throws Exception {
        MemberAddresses unknown = addresses("not-known.invalid");
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> unknown.await(1, 5)).hasMessageContaining("told to stop");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
