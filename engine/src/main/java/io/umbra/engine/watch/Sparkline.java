package io.umbra.engine.watch;

import java.nio.charset.Charset;
import java.util.List;

/**
 * Numbers as a line of bars, one character each.
 */
final class Sparkline
{
    private static final String BARS = "▁▂▃▄▅▆▇█";
    private static final String ASCII_BARS = "_.:-=+*#";

    private final String bars;

    private Sparkline(final String bars)
    {
        this.bars = bars;
    }

    /**
     * Bars that an output can show.
     *
     * @param charset of the output.
     * @return blocks, or characters of ASCII.
     */
    static Sparkline in(final Charset charset)
    {
        return new Sparkline(charset.canEncode() && charset.newEncoder().canEncode(BARS) ? BARS : ASCII_BARS);
    }

    /**
     * The last of some numbers.
     *
     * @param values by time; what is less than 0 is not known.
     * @param width  most characters.
     * @return a line in which the largest is the highest bar; spaces for what is not known.
     */
    String of(final List<Double> values, final int width)
    {
        final List<Double> shown = values.subList(Math.max(0, values.size() - Math.max(0, width)), values.size());
        final double max = shown.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        final StringBuilder line = new StringBuilder();
        for (final double value : shown)
        {
            line.append(value < 0 ? ' ' : bar(value, max));
        }
        return line.toString();
    }

    private char bar(final double value, final double max)
    {
        final int top = bars.length() - 1;
        // What is not nothing is told from nothing.
        final int height = max <= 0 || value <= 0 ? 0 : Math.max(1, (int)Math.round(top * value / max));
        return bars.charAt(Math.min(top, height));
    }
}
