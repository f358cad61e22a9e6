package io.covey.wire;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.mqtt.MqttServerOptions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the one HTTP request of a WebSocket connection before Netty answers it: an upgrade to MQTT at our path is passed on, anything
 * else gets an HTTP status and the connection is closed, as it is when no request comes in time.
 */
final class WebSocketUpgrade extends ChannelInboundHandlerAdapter {
    /** What Netty's upgrade was told by vertx-mqtt to wait for; it knows neither another path nor a query behind it. */
    private static final String CODEC_PATH = "/mqtt";

    private static final long PATIENCE_MILLIS = 10_000;
    private static final Set<String> SUB_PROTOCOLS =
            Set.copyOf(List.of(MqttServerOptions.MQTT_SUBPROTOCOL_CSV_LIST.split(", ")));

    private final String path;
    private @Nullable ScheduledFuture<?> timeout;

    WebSocketUpgrade(String path) {
        this.path = path;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        timeout = context.executor()
                .schedule(() -> MqttChannel.closeNow(context.channel()), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        ScheduledFuture<?> pending = timeout;
        if (pending != null) {
            pending.cancel(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof FullHttpRequest request) {
            HttpResponseStatus refusal = refusal(request);
            if (refusal == null) {
                request.setUri(CODEC_PATH);
                context.fireChannelRead(message);
                context.pipeline().replace(this, "pings", WebSocketPings.LIMIT);
                return;
            }
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, refusal);
            response.headers()
                    .set(HttpHeaderNames.CONTENT_LENGTH, 0)
                    .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }
        ReferenceCountUtil.release(message);
    }

    private @Nullable HttpResponseStatus refusal(FullHttpRequest request) {
        if (request.decoderResult().isFailure() || !request.method().equals(HttpMethod.GET)) {
            return HttpResponseStatus.BAD_REQUEST;
        }
        String uri = request.uri();
        int query = uri.indexOf('?');
        if (!path.equals(query < 0 ? uri : uri.substring(0, query))) {
            return HttpResponseStatus.NOT_FOUND;
        }
        if (!request.headers()
                .containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, /* ignoreCase= */ true)) {
            return HttpResponseStatus.UPGRADE_REQUIRED;
        }
        return offersMqtt(request) ? null : HttpResponseStatus.BAD_REQUEST;
    }

    /** The client must offer "mqtt" [MQTT-6.0.0-3]; those of MQTT 3.1 offer "mqttv3.1". */
    private static boolean offersMqtt(FullHttpRequest request) {
        for (String header : request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
            for (String offered : header.split(",")) {
                if (SUB_PROTOCOLS.contains(offered.trim())) { // [MQTT-6.0.0-4]
                    return true;
                }
            }
        }
        return false;
    }
}
