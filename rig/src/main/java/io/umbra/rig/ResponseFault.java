package io.umbra.rig;

/** What a {@link FaultProxy} puts in the place of responses. */
@FunctionalInterface
public interface ResponseFault
{
    /**
     * Bytes for the client.
     *
     * @param bytes      as they go on the wire, frame lengths included; whether they are whole frames is up to the
     *                   fault.
     * @param isLast     whether the connection ends behind them.
     * @param isReset    whether it ends with a reset, which may overtake the bytes, rather than in order.
     */
    record Answer(byte[] bytes, boolean isLast, boolean isReset)
    {
        /** These bytes, and the connection goes on. */
        public static Answer of(final byte[] bytes)
        {
            return new Answer(bytes, false, false);
        }
    }

    /**
     * Called for each response, on the thread of its connection, one at a time.
     *
     * @param exchange request and response.
     * @return null if the response is to pass as it is.
     */
    Answer answer(Exchange exchange);
}
