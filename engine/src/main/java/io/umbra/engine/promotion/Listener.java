package io.umbra.engine.promotion;

import org.apache.kafka.common.security.auth.SecurityProtocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a node listens.
 *
 * @param name     of the listener.
 * @param protocol that is spoken there.
 * @param host     name or address that clients can reach.
 * @param port     number.
 */
record Listener(String name, String protocol, String host, int port)
{
    private static final Pattern FORM =
        Pattern.compile("([A-Za-z][A-Za-z0-9_]*)://(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+):([0-9]{1,5})");
    private static final int MAX_PORT = 65_535;

    /**
     * Reads a list as {@code listeners} of a broker has it.
     *
     * @param option    that has it, for the message.
     * @param text      such as {@code PLAINTEXT://db1:9092,SSL://db1:9093}.
     * @param protocols by name of the listener, for names that are no protocol.
     * @return at least one.
     * @throws PromotionRefusedException if it is none.
     */
    static List<Listener> parse(final String option, final String text, final Map<String, String> protocols)
    {
        final List<Listener> listeners = new ArrayList<>();
        for (final String part : text.split(",", -1))
        {
            final Matcher matcher = FORM.matcher(part.trim());
            if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > MAX_PORT ||
                0 == Integer.parseInt(matcher.group(3)))
            {
                throw new PromotionRefusedException(
                    "option '" + option + "' has value '" + text + "': allowed is NAME://HOST:PORT");
            }
            final String host = matcher.group(2);
            if ("0.0.0.0".equals(host) || "[::]".equals(host))
            {
                throw new PromotionRefusedException("option '" + option + "' has value '" + text +
                    "': allowed is an address that clients can reach; give listeners with --set to listen on more");
            }
            final String name = matcher.group(1).toUpperCase(Locale.ROOT);
            listeners.add(new Listener(name, protocol(option, name, protocols), host,
                Integer.parseInt(matcher.group(3))));
        }

        return listeners;
    }

    private static String protocol(final String option, final String name, final Map<String, String> protocols)
    {
        final String given = protocols.get(name);
        if (null != given)
        {
            return given;
        }
        if (SecurityProtocol.names().contains(name))
        {
            return name;
        }
        throw new PromotionRefusedException("option '" + option + "' has a listener '" + name +
            "': allowed is " + String.join(", ", SecurityProtocol.names()) +
            ", or a name of your own that --set listener.security.protocol.map=" + name + ":PROTOCOL explains");
    }

    String address()
    {
        return host + ":" + port;
    }

    @Override
    public String toString()
    {
        return name + "://" + address();
    }
}
