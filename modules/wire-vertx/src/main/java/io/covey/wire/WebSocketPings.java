package io.covey.wire;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;

/**
 * Netty answers every ping, even those of a client that takes no answer, and asks for more of them although reading is off. So a ping
 * is dropped while the client is not writable: only the newest one deserves an answer (RFC 6455, 5.5.3).
 */
@ChannelHandler.Sharable
final class WebSocketPings extends ChannelInboundHandlerAdapter {
    static final WebSocketPings LIMIT = new WebSocketPings();

    private WebSocketPings() {}

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof PingWebSocketFrame ping && !context.channel().isWritable()) {
            ping.release();
        } else {
            context.fireChannelRead(message);
        }
    }
}
