package io.umbra.engine.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Answers {@code GET /metrics} over HTTP, on the address of {@code metrics.listen}. {@code ?partitions=REGEX} adds
 * series for each partition of the topics whose whole name matches. No encryption, no passwords: whoever reaches the
 * address may read. It has threads of its own, and a few clients at a time; those that are slow are ended.
 */
public final class MetricsServer implements AutoCloseable
{
    private static final String PATH = "/metrics";
    private static final String PARTITIONS = "partitions=";
    private static final int THREADS = 2;
    private static final int BACKLOG = 16;
    private static final int CLOSE_TIMEOUT_S = 5;
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int SERVER_ERROR = 500;
    /** After how many seconds a client that neither asks nor reads is given up. */
    private static final String MAX_CLIENT_TIME_S = "10";

    private final HttpServer server;
    private final ExecutorService executor;
    private final EngineMetrics metrics;

    private record Answer(int code, String contentType, byte[] body)
    {
        static Answer text(final int code, final String text)
        {
            return new Answer(code, "text/plain; charset=utf-8", (text + '\n').getBytes(StandardCharsets.UTF_8));
        }
    }

    private MetricsServer(final HttpServer server, final EngineMetrics metrics)
    {
        this.server = server;
        this.metrics = metrics;
        executor = Executors.newFixedThreadPool(THREADS, (task) ->
        {
            final Thread thread = new Thread(task, "umbra-metrics");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(executor);
        server.createContext("/", this::handle);
    }

    /**
     * Begins to listen.
     *
     * @param address to listen on, not resolved yet; port 0 takes any that is free.
     * @param metrics to show.
     * @return the server.
     * @throws IOException if the name is not known or the address cannot be had.
     */
    public static MetricsServer launch(final InetSocketAddress address, final EngineMetrics metrics) throws IOException
    {
        // The JDK's server reads these once, when its first class is loaded.
        System.getProperties().putIfAbsent("sun.net.httpserver.maxReqTime", MAX_CLIENT_TIME_S);
        System.getProperties().putIfAbsent("sun.net.httpserver.maxRspTime", MAX_CLIENT_TIME_S);
        final InetAddress host = InetAddress.getByName(address.getHostString());
        final MetricsServer server = new MetricsServer(
            HttpServer.create(new InetSocketAddress(host, address.getPort()), BACKLOG), metrics);
        server.server.start();
        return server;
    }

    /**
     * Where metrics are found.
     *
     * @return the URL.
     */
    public String url()
    {
        final InetSocketAddress address = server.getAddress();
        final String host = address.getAddress().getHostAddress();
        return "http://" + (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + address.getPort() + PATH;
    }

    /** Ends what is being answered, and listens no more; returns when no scrape reads anything any more. */
    @Override
    public void close()
    {
        server.stop(0);
        executor.shutdown();
        try
        {
            executor.awaitTermination(CLOSE_TIMEOUT_S, TimeUnit.SECONDS);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }

    private void handle(final HttpExchange exchange) throws IOException
    {
        try (exchange)
        {
            final Answer answer = answer(exchange);
            exchange.getResponseHeaders().set("Content-Type", answer.contentType);
            if (METHOD_NOT_ALLOWED == answer.code)
            {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            }
            if ("HEAD".equals(exchange.getRequestMethod()))
            {
                exchange.sendResponseHeaders(answer.code, -1);
                return;
            }
            exchange.sendResponseHeaders(answer.code, answer.body.length);
            try (OutputStream out = exchange.getResponseBody())
            {
                out.write(answer.body);
            }
        }
    }

    private Answer answer(final HttpExchange exchange)
    {
        if (!PATH.equals(exchange.getRequestURI().getPath()))
        {
            return Answer.text(NOT_FOUND, "metrics are at " + PATH);
        }
        final String method = exchange.getRequestMethod();
        if (!"GET".equals(method) && !"HEAD".equals(method))
        {
            return Answer.text(METHOD_NOT_ALLOWED, "allowed are GET and HEAD");
        }
        try
        {
            return new Answer(
                OK, EngineMetrics.CONTENT_TYPE, metrics.text(partitions(exchange.getRequestURI().getRawQuery())));
        }
        catch (final IllegalArgumentException ex)
        {
            return Answer.text(BAD_REQUEST, ex.getMessage());
        }
        catch (final IOException | RuntimeException ex)
        {
            return Answer.text(SERVER_ERROR, "metrics cannot be read: " + ex.getMessage());
        }
    }

    private static Predicate<String> partitions(final String query)
    {
        if (null == query || query.isEmpty())
        {
            return (topic) -> false;
        }
        if (!query.startsWith(PARTITIONS) || query.indexOf('&') >= 0)
        {
            throw new IllegalArgumentException("allowed is " + PATH + '?' + PARTITIONS + "REGEX, for topics");
        }
        final String regex = URLDecoder.decode(query.substring(PARTITIONS.length()), StandardCharsets.UTF_8);
        try
        {
            return Pattern.compile(regex).asMatchPredicate();
        }
        catch (final PatternSyntaxException ex)
        {
            throw new IllegalArgumentException(
                PARTITIONS + regex + ": allowed is a regular expression: " + ex.getDescription(), ex);
        }
    }
}
