/** Asks a Temporal CLI for its version, and compares versions. Never judges whether the program is the real one. */
import { runProgram } from './run-program.ts';

export interface CliVersion {
  readonly version: string;
  /** Version of the Temporal server inside the program, where it says so. */
  readonly serverVersion: string | undefined;
}

const versionTimeoutMs = 10_000;

/** @throws Error saying why the program gave no version */
export async function readCliVersion(path: string): Promise<CliVersion> {
  const { stdout } = await runProgram(path, ['--version'], { timeoutMs: versionTimeoutMs });
  const version = /^temporal version v?(\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1];
  if (version === undefined) throw new Error('it does not answer --version as the Temporal CLI does');
  return { version, serverVersion: /Server v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] };
}

/** Whether `version` is `minimum` or newer; a pre-release counts as older than its release. */
export function isAtLeast(version: string, minimum: string): boolean {
  const left = parts(version);
  const right = parts(minimum);
  for (let index = 0; index < 3; index += 1) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return !left.preRelease || right.preRelease;
}

function parts(version: string): { numbers: number[]; preRelease: boolean } {
  const [release = '', preRelease] = version.replace(/^v/, '').split(/-(.*)/s);
  return { numbers: release.split('.').map(Number), preRelease: preRelease !== undefined };
}
