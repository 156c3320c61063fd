package io.umbra.engine.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What the operator has said of a link while it runs, or before it does: what is paused, and how fast it may be. Kept
 * in the journal's directory, so that it outlives a restart, one rule a line, of which the last that matches a topic
 * counts:
 * <pre>
 *   pause REGEX              the whole name of topics
 *   resume REGEX
 *   limit BYTES REGEX        bytes per second, shared by the topics that match; 0: no limit
 *   rate BYTES               bytes per second of the link; 0: what the configuration says
 * </pre>
 * Immutable; commands replace the file as a whole, and the engine reads it again when it has changed.
 */
public final class LinkRules
{
    /** All topics. */
    public static final String ALL = ".*";
    private static final String FILE = "control/rules";
    private static final LinkRules NONE = new LinkRules(List.of());

    /** What a rule is about. */
    public enum Kind
    {
        /** Topics are not fetched. */
        PAUSE,
        /** Topics are fetched. */
        RESUME,
        /** Topics have a limit that they share. */
        LIMIT,
        /** The link has a limit. */
        RATE
    }

    /**
     * One line.
     *
     * @param kind  of the rule.
     * @param bytes per second, of those that limit.
     * @param topics regular expression on the whole name; null for {@link Kind#RATE}.
     */
    public record Rule(Kind kind, long bytes, Pattern topics)
    {
        boolean matches(final String topic)
        {
            return null != topics && topics.matcher(topic).matches();
        }

        private String line()
        {
            final String name = kind.name().toLowerCase(Locale.ROOT);
            return switch (kind)
            {
                case PAUSE, RESUME -> name + " " + topics;
                case LIMIT -> name + " " + bytes + " " + topics;
                default -> name + " " + bytes;
            };
        }
    }

    private final List<Rule> rules;

    private LinkRules(final List<Rule> rules)
    {
        this.rules = List.copyOf(rules);
    }

    /**
     * Where the rules of a journal are.
     *
     * @param journalDir of the journal.
     * @return path of the file, which need not exist.
     */
    public static Path file(final Path journalDir)
    {
        return journalDir.resolve(FILE);
    }

    /**
     * The rules of a journal.
     *
     * @param journalDir of the journal.
     * @return no rules if there is no file.
     * @throws IOException if it cannot be read, or a line is no rule; the message names it.
     */
    public static LinkRules read(final Path journalDir) throws IOException
    {
        final List<Rule> rules = new ArrayList<>();
        try
        {
            for (final String line : Files.readAllLines(file(journalDir), StandardCharsets.UTF_8))
            {
                if (!line.isBlank())
                {
                    rules.add(parse(line));
                }
            }
        }
        catch (final NoSuchFileException ex)
        {
            return NONE;
        }
        catch (final IllegalArgumentException ex)
        {
            throw new IOException(file(journalDir) + ": " + ex.getMessage(), ex);
        }
        return new LinkRules(rules);
    }

    private static Rule parse(final String line)
    {
        final String[] words = line.trim().split(" ", 2);
        final String rest = words.length < 2 ? "" : words[1].trim();
        try
        {
            final Kind kind = Kind.valueOf(words[0].toUpperCase(Locale.ROOT));
            switch (kind)
            {
                case PAUSE:
                case RESUME:
                    return new Rule(kind, 0, Pattern.compile(rest));

                case LIMIT:
                    final String[] limit = rest.split(" ", 2);
                    return new Rule(kind, Long.parseLong(limit[0]), Pattern.compile(limit[1].trim()));

                default:
                    return new Rule(kind, Long.parseLong(rest), null);
            }
        }
        catch (final PatternSyntaxException | NumberFormatException | ArrayIndexOutOfBoundsException ex)
        {
            throw new IllegalArgumentException("no rule: " + line, ex);
        }
    }

    /**
     * These rules and one more, without those that it makes void.
     *
     * @param kind   of the rule.
     * @param bytes  per second, for {@link Kind#LIMIT} and {@link Kind#RATE}.
     * @param topics regular expression on the whole name; of no meaning for {@link Kind#RATE}.
     * @return the new rules.
     */
    public LinkRules with(final Kind kind, final long bytes, final Pattern topics)
    {
        final List<Rule> next = new ArrayList<>();
        for (final Rule rule : rules)
        {
            final boolean isSameSubject = kind == rule.kind ||
                Kind.PAUSE == kind && Kind.RESUME == rule.kind || Kind.RESUME == kind && Kind.PAUSE == rule.kind;
            final boolean isVoid = isSameSubject && (Kind.RATE == kind || ALL.equals(topics.pattern()) ||
                topics.pattern().equals(rule.topics.pattern()));
            if (!isVoid)
            {
                next.add(rule);
            }
        }
        next.add(new Rule(kind, bytes, Kind.RATE == kind ? null : topics));
        return new LinkRules(next);
    }

    /**
     * Replace the file.
     *
     * @param journalDir of the journal.
     * @throws IOException if it cannot be written; then the old one is still there.
     */
    public void write(final Path journalDir) throws IOException
    {
        final Path file = file(journalDir);
        Files.createDirectories(file.getParent());
        final Path temp = file.resolveSibling(file.getFileName() + ".tmp");
        Files.writeString(temp, String.join("\n", rules.stream().map(Rule::line).toList()) + "\n");
        Files.move(temp, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * Whether a topic is paused.
     *
     * @param topic name.
     * @return true if the last rule that speaks of it says so.
     */
    public boolean isPaused(final String topic)
    {
        boolean isPaused = false;
        for (final Rule rule : rules)
        {
            if ((Kind.PAUSE == rule.kind || Kind.RESUME == rule.kind) && rule.matches(topic))
            {
                isPaused = Kind.PAUSE == rule.kind;
            }
        }
        return isPaused;
    }

    /**
     * Whether everything is paused.
     *
     * @return true if all is and nothing was resumed since.
     */
    public boolean isAllPaused()
    {
        boolean isPaused = false;
        for (final Rule rule : rules)
        {
            isPaused = Kind.PAUSE == rule.kind && ALL.equals(rule.topics.pattern()) ||
                isPaused && Kind.RESUME != rule.kind;
        }
        return isPaused;
    }

    /**
     * The rule that limits a topic.
     *
     * @param topic name.
     * @return null if none does.
     */
    public Rule limit(final String topic)
    {
        Rule limit = null;
        for (final Rule rule : rules)
        {
            if (Kind.LIMIT == rule.kind && rule.matches(topic))
            {
                limit = 0 == rule.bytes ? null : rule;
            }
        }
        return limit;
    }

    /**
     * The limit of the link.
     *
     * @return bytes per second; 0 if nothing was said.
     */
    public long linkRate()
    {
        long rate = 0;
        for (final Rule rule : rules)
        {
            rate = Kind.RATE == rule.kind ? rule.bytes : rate;
        }
        return rate;
    }
}
