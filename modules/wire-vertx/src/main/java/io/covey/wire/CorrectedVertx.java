package io.covey.wire;

import io.vertx.core.Handler;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.internal.net.NetServerInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServerOptions;
import org.jspecify.annotations.Nullable;

/**
 * The Vert.x that one MqttServer is given: the server socket that it creates shows each connection to us as soon as vertx-mqtt has set up
 * its handlers. See ADR 0002.
 */
final class CorrectedVertx extends VertxWrapper {
    private final Handler<NetSocketInternal> takeover;
    private @Nullable NetServerInternal server;

    CorrectedVertx(VertxInternal vertx, Handler<NetSocketInternal> takeover) {
        super(vertx);
        this.takeover = takeover;
    }

    @Override
    public NetServerInternal createNetServer(NetServerOptions options) {
        NetServerInternal created = super.createNetServer(options);
        server = created;
        return new CorrectedNetServer(created, takeover);
    }

    /** What the MqttServer listens with; it can stop accepting without closing its connections, which the MqttServer cannot. */
    NetServerInternal server() {
        NetServerInternal created = server;
        if (created == null) {
            throw new IllegalStateException("vertx-mqtt has created no server socket");
        }
        return created;
    }
}
