package io.umbra.engine.promotion;

import java.nio.file.Path;
import java.util.List;

/**
 * A node of the new cluster.
 *
 * @param nodeId             of it.
 * @param dir                that becomes its directory; absolute.
 * @param listeners          for clients and other brokers, the first for those.
 * @param controllerListener for controllers.
 */
record NodeTarget(int nodeId, Path dir, List<Listener> listeners, Listener controllerListener)
{
    static final String SERVER_PROPERTIES = "server.properties";

    /** Where its logs are. */
    Path logDir()
    {
        return dir.resolve("data");
    }

    /** With what its broker starts. */
    Path serverProperties()
    {
        return dir.resolve(SERVER_PROPERTIES);
    }
}
