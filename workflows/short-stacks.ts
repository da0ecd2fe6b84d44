/**
 * Loaded once into each workflow thread before any run. Temporal's SDK takes a stack trace for every promise of a workflow, to
 * answer its `__stack_trace` query, and maps it to the sources: with a frame or two it costs a tenth. What a run waits for is
 * told by its own `run-state` query, and a fault still names the line that threw it.
 */
Error.stackTraceLimit = 1;

export const stackFrames = Error.stackTraceLimit;
