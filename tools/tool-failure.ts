/**
 * How a tool says that it failed for certain. Any other throw of an `effect` tool leaves open whether the effect
 * happened, and is recorded as `unknown`: this class is the only way to say "it did not".
 */

const mark = Symbol.for('countersign.tool-failure');

/** Throw it when the effect certainly did not happen; the message goes to the model, redacted. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly [mark] = true;
}

/** By mark, not by class: a pack may have loaded another copy of this module. */
export function isToolFailure(error: unknown): error is ToolFailure {
  return error instanceof Error && Object.getOwnPropertyDescriptor(error, mark)?.value === true;
}
