/**
 * A sandbox that masks the deployment's own folders whatever a tool asks for: a tool cannot know where keys, state and
 * engine database are, and must not be the one who remembers to hide them.
 */
import type { Sandbox } from './sandbox/sandbox.ts';

/** @param maskedPaths absolute paths: state folder, keys, engine database. */
export function sandboxWithMasks(sandbox: Sandbox, maskedPaths: readonly string[]): Sandbox {
  return {
    id: sandbox.id,
    available: () => sandbox.available(),
    run: (command) => sandbox.run({ ...command, maskedPaths: [...maskedPaths, ...command.maskedPaths] }),
  };
}
