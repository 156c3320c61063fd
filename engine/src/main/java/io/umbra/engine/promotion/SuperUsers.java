package io.umbra.engine.promotion;

import org.apache.kafka.common.security.auth.SecurityProtocol;

import java.util.List;

/**
 * Who is beyond the access rules in the new cluster. Where there are rules there must be someone: brokers and
 * controllers ask each other for what no client may do.
 *
 * @param list        value of {@code super.users}; null for none.
 * @param isEverybody whether that is every client, since none has a name.
 */
record SuperUsers(String list, boolean isEverybody)
{
    private static final String NAME = "super.users";

    /**
     * Those that the operator gives, or the one that all are where nobody has a name.
     *
     * @param hasRules whether there are access rules.
     * @param request  of the operator.
     * @param nodes    of the cluster.
     * @return the super users.
     * @throws PromotionRefusedException if they are not given, and cannot be told.
     */
    static SuperUsers of(final boolean hasRules, final PromotionRequest request, final List<NodeTarget> nodes)
    {
        final String given = null == request.superUsers() ? request.settings().getProperty(NAME) : request.superUsers();
        if (!hasRules || null != given)
        {
            return new SuperUsers(given, false);
        }
        final boolean isNameless = nodes.stream().flatMap((node) -> node.listeners().stream())
            .allMatch((listener) -> SecurityProtocol.PLAINTEXT.name.equals(listener.protocol()));
        if (!isNameless)
        {
            throw new PromotionRefusedException("option '--super-users' is missing: the source has access rules, and " +
                "the new cluster's brokers need to be beyond them; allowed is a list such as User:broker;User:admin");
        }

        return new SuperUsers("User:ANONYMOUS", true);
    }
}
