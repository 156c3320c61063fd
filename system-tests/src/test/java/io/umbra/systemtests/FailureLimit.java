package io.umbra.systemtests;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Says each failure when it happens, and after a few of them leaves out what is left: where tests share an engine that
 * is broken, each would wait for its own deadline, and the build would not come to its report. Registered for all
 * tests of this module.
 */
public final class FailureLimit implements TestWatcher, LifecycleMethodExecutionExceptionHandler, ExecutionCondition
{
    private static final int LIMIT = 5;
    private static final AtomicInteger FAILURES = new AtomicInteger();

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(final ExtensionContext context)
    {
        return FAILURES.get() < LIMIT ?
            ConditionEvaluationResult.enabled("") :
            ConditionEvaluationResult.disabled("left out after " + LIMIT + " failures");
    }

    @Override
    public void testFailed(final ExtensionContext context, final Throwable cause)
    {
        onFailure(context, cause);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(final ExtensionContext context, final Throwable cause)
        throws Throwable
    {
        onFailure(context, cause);
        throw cause;
    }

    @Override
    public void handleAfterAllMethodExecutionException(final ExtensionContext context, final Throwable cause)
        throws Throwable
    {
        onFailure(context, cause);
        throw cause;
    }

    private static void onFailure(final ExtensionContext context, final Throwable cause)
    {
        FAILURES.incrementAndGet();
        System.err.println("FAILED " + context.getRequiredTestClass().getSimpleName() + ", " +
            context.getDisplayName() + ": " + cause);
    }
}
