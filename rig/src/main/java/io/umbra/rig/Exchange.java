package io.umbra.rig;

import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;

import java.nio.ByteBuffer;

/** A response as it came from a broker, and the header of the request that it answers. */
public final class Exchange
{
    private static final int LENGTH_BYTES = 4;

    private final RequestHeader request;
    private final byte[] body;

    Exchange(final RequestHeader request, final byte[] body)
    {
        this.request = request;
        this.body = body;
    }

    /** Header of the request. */
    public RequestHeader request()
    {
        return request;
    }

    /** The response's bytes on the wire, its length in front. */
    public byte[] frame()
    {
        return frame(body);
    }

    /**
     * A frame of some bytes.
     *
     * @param bytes of a response.
     * @return them with their length in front.
     */
    public static byte[] frame(final byte[] bytes)
    {
        return ByteBuffer.allocate(LENGTH_BYTES + bytes.length).putInt(bytes.length).put(bytes).array();
    }

    /** Whether a fetch is answered. */
    public boolean isFetch()
    {
        return ApiKeys.FETCH == request.apiKey();
    }

    /** The decoded response of a fetch; a new one at each call. */
    public FetchResponseData fetchResponse()
    {
        return (FetchResponseData)response();
    }

    /** The decoded response; a new one at each call. */
    public ApiMessage response()
    {
        return AbstractResponse.parseResponse(ByteBuffer.wrap(body.clone()), request).data();
    }

    /**
     * Encodes what is to go in the response's place.
     *
     * @param data of a response to the same request.
     * @return a whole frame.
     */
    public byte[] encode(final ApiMessage data)
    {
        final short headerVersion = request.apiKey().responseHeaderVersion(request.apiVersion());
        final ByteBuffer encoded = RequestUtils.serialize(
            new ResponseHeaderData().setCorrelationId(request.correlationId()), headerVersion,
            data, request.apiVersion());
        final byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return frame(bytes);
    }
}
