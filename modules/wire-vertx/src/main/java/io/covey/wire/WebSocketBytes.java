package io.covey.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler.HandshakeComplete;
import io.netty.util.ReferenceCountUtil;

/**
 * Makes frames into bytes and bytes into frames without copying them. Packets need not be aligned with frames [MQTT-6.0.0-2], so a
 * message in several frames is just more bytes. Adds {@link MqttChannel} behind itself when the upgrade is done.
 */
final class WebSocketBytes extends ChannelDuplexHandler {
    private final MqttChannel mqtt;

    WebSocketBytes(MqttChannel mqtt) {
        this.mqtt = mqtt;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof HandshakeComplete) {
            context.pipeline().addAfter(context.name(), ChannelTakeover.MQTT, mqtt);
        } else {
            context.fireUserEventTriggered(event);
        }
    }

    /** Of the codec in front, also before there is an MqttChannel behind. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        mqtt.exceptionCaught(context, cause);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof BinaryWebSocketFrame binary) {
            context.fireChannelRead(binary.content());
        } else if (message instanceof ContinuationWebSocketFrame more) {
            context.fireChannelRead(more.content());
        } else {
            ReferenceCountUtil.release(message);
            if (message instanceof TextWebSocketFrame) {
                mqtt.closeForText(); // [MQTT-6.0.0-1]
            }
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // it is the promise that we were given
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        context.write(message instanceof ByteBuf bytes ? new BinaryWebSocketFrame(bytes) : message, promise);
    }
}
