package io.umbra.engine.config;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * The configuration cannot be used. The message is one line that names the key, its value and what is allowed, and
 * never shows the value of a key that may hold a secret. The command line answers it with exit code 2.
 */
public final class ConfigException extends RuntimeException
{
    private static final long serialVersionUID = 1L;
    private static final Pattern SECRET_KEY =
        Pattern.compile("password|secret|jaas|token|key", Pattern.CASE_INSENSITIVE);
    private static final int MAX_VALUE_LENGTH = 200;

    private final String key;

    /**
     * A key whose value is not allowed.
     *
     * @param key     as in the file, for example {@code source.bootstrap.servers}.
     * @param value   as in the file; null for a key that is missing.
     * @param allowed what would have been allowed, in a few words.
     */
    public ConfigException(final String key, final String value, final String allowed)
    {
        this(key, describe(key, value) + ": allowed is " + oneLine(allowed));
    }

    private ConfigException(final String key, final String message)
    {
        super(message);
        this.key = key;
    }

    /**
     * A key that nobody knows.
     *
     * @param key        as in the file.
     * @param value      as in the file.
     * @param suggestion the nearest known key, or null.
     * @return the exception, for the caller to throw.
     */
    static ConfigException unknownKey(final String key, final String value, final String suggestion)
    {
        // A secret under a mistyped key is still a secret: all that would go to the clients stays hidden.
        final boolean isHidden = key.startsWith(ConfigKey.SOURCE_PREFIX) || isSecret(key) ||
            null != suggestion && isSecret(suggestion);
        return new ConfigException(
            key,
            describe(key, value, isHidden) + ": there is no such key" +
                (null == suggestion ? "; docs/configuration.md lists them" : ", did you mean '" + suggestion + "'?"));
    }

    /**
     * The file as a whole cannot be used.
     *
     * @param file    of the configuration.
     * @param problem in a few words.
     * @param cause   or null.
     * @return the exception, for the caller to throw.
     */
    static ConfigException ofFile(final Path file, final String problem, final Throwable cause)
    {
        final ConfigException exception = new ConfigException(null, file + ": " + oneLine(problem));
        exception.initCause(cause);

        return exception;
    }

    /**
     * The same with the file's name in front.
     *
     * @param file of the configuration.
     * @return a new exception that tells where the key stands.
     */
    public ConfigException in(final Path file)
    {
        final ConfigException exception = new ConfigException(key, file + ": " + getMessage());
        exception.initCause(this);

        return exception;
    }

    /**
     * The key in question.
     *
     * @return the key, or null when the file as a whole cannot be used.
     */
    public String key()
    {
        return key;
    }

    /**
     * Whether a key may hold a secret, so that its value must not be shown.
     *
     * @param key as in the file.
     * @return true when the value is to be hidden.
     */
    public static boolean isSecret(final String key)
    {
        return SECRET_KEY.matcher(key).find();
    }

    private static String describe(final String key, final String value)
    {
        return describe(key, value, isSecret(key));
    }

    private static String describe(final String key, final String value, final boolean isHidden)
    {
        if (null == value)
        {
            return "key '" + oneLine(key) + "' is missing";
        }

        return "key '" + oneLine(key) + "' has value " + (isHidden ? "(hidden)" : "'" + oneLine(value) + "'");
    }

    private static String oneLine(final String text)
    {
        final String line = text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= MAX_VALUE_LENGTH ? line : line.substring(0, MAX_VALUE_LENGTH) + "…";
    }
}
