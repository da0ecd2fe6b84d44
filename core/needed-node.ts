/**
 * The library loads from Node.js 20 on, the client and the definitions work there; what runs packs and workers needs more, and
 * says so where it is called. It never looks at the process itself: the caller gives its version.
 */
import { CountersignError } from './errors.ts';

/** As bin/find-node.js has it for the program. */
const neededMajor = 24;

/**
 * @param version such as `process.versions.node`
 * @throws {CountersignError} `config-invalid` where it is older than what `action` needs
 */
export function requireNode24(version: string, action: string): void {
  if (Number.parseInt(version, 10) >= neededMajor) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot ${action}: this is Node.js ${version}, expected Node.js ${neededMajor} or newer; start this program with one`,
  );
}
