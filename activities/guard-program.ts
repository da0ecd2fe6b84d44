/**
 * Guards that are programs: each check is one run in the sandbox, in a folder of its own that is gone afterwards. The input is
 * JSON on standard input, the answer one JSON list of findings on standard output. Exit code 0 only says that it ran well; any
 * other end, and anything else than that list, is a fault, and a guard that fails refuses.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseStrictJson } from '../core/canonical-json.ts';
import { type Finding, findingSchema } from '../core/contracts/labels.ts';
import { CountersignError } from '../core/errors.ts';
import {
  type CheckOptions,
  type Guard,
  GuardFault,
  type GuardInput,
  type GuardProgram,
  sanitiseError,
} from '../guards/index.ts';
import type { Sandbox, SandboxResult } from '../tools/sandbox/sandbox.ts';

export interface GuardProgramDependencies {
  sandbox: Sandbox;
  /** Absolute path of an existing folder; programs get folders of their own in it. */
  workFolder: string;
}

type ProgramFiles = ReadonlyMap<string, Uint8Array>;

/** For the sandbox to end all that a program started. */
const endingMs = 1000;

const usualEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

/**
 * The same guards, those with a program ready to start it. Reads the programs' files once.
 *
 * @throws {CountersignError} `pack-invalid` where a file cannot be read
 */
export async function bindGuardPrograms(
  guards: readonly Guard[],
  dependencies: GuardProgramDependencies,
): Promise<Guard[]> {
  // Its trial run takes longer than the first guard may: it is made now, and remembered.
  if (guards.some(({ program }) => program)) await dependencies.sandbox.available();
  return await Promise.all(
    guards.map(async (guard) => {
      const { program } = guard;
      if (!program) return guard;
      const files = await readFiles(guard.id, program);
      return {
        ...guard,
        // The sandbox keeps the time, and is waited for: what the program started is gone when its check has ended.
        timeoutMs: guard.timeoutMs + endingMs,
        check: async (input, options) => await runProgram(dependencies, { guard, program, files }, input, options),
      };
    }),
  );
}

async function readFiles(guard: string, { files = [] }: GuardProgram): Promise<ProgramFiles> {
  const contents = new Map<string, Uint8Array>();
  for (const file of files) {
    const path = typeof file === 'string' ? file : fileURLToPath(file);
    const name = basename(path);
    const invalid = (is: string, expected: string): CountersignError =>
      new CountersignError(
        'pack-invalid',
        `Cannot start guard "${guard}": its file "${name}" ${is}, expected ${expected}; correct "program.files"`,
      );
    if (contents.has(name)) throw invalid('is named twice', 'each name once');
    contents.set(
      name,
      await readFile(path).catch(() => {
        throw invalid('cannot be read', 'a file that this user may read');
      }),
    );
  }
  return contents;
}

async function runProgram(
  { sandbox, workFolder }: GuardProgramDependencies,
  { guard, program, files }: { guard: Guard; program: GuardProgram; files: ProgramFiles },
  input: GuardInput,
  options: CheckOptions,
): Promise<Finding[]> {
  const parent = join(workFolder, 'guards');
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, `${guard.id}-`));
  try {
    for (const [name, content] of files) await writeFile(join(folder, name), content, { mode: 0o755 });
    const result = await sandbox.run({
      argv: program.argv,
      stdin: `${JSON.stringify({ guard: guard.id, ...input })}\n`,
      workFolder: folder,
      environment: { ...usualEnvironment, ...program.environment },
      timeoutMs: Math.min(guard.timeoutMs, Math.ceil(options.timeoutMs)),
      maxOutputBytes: program.maxOutputBytes,
      maskedPaths: [],
      readOnlyPaths: program.readOnlyPaths ?? [],
    });
    return findingsIn(guard.id, result);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A guard speaks for itself: whose finding it is need not be said. */
const answerSchema = z.array(findingSchema.extend({ guard: findingSchema.shape.guard.optional() }));

function findingsIn(guard: string, result: SandboxResult): Finding[] {
  if (result.kind === 'refused') throw new GuardFault(`there is no sandbox for it (${result.reason})`);
  if (result.kind === 'exited' && result.exitCode !== 0) throw new GuardFault(exitText(result));
  if (result.kind !== 'exited' || result.truncated) throw new GuardFault(endings[result.kind]);
  // Bytes that are no text were replaced by that sign: what they stood for is unknown.
  if (result.stdout.includes('\uFFFD')) throw new GuardFault('its output is not UTF-8');
  // A severity that stands twice is read in two ways.
  const parsed = parseStrictJson(result.stdout);
  const answer = answerSchema.safeParse(parsed.kind === 'value' ? parsed.value : undefined);
  if (answer.success) return answer.data.map((finding) => ({ ...finding, guard }));
  throw new GuardFault('it answered with something else than a JSON list of findings');
}

const endings = {
  exited: 'its output is too large',
  'output-limit': 'its output is too large',
  'timed-out': 'it did not end in time',
  aborted: 'it was ended',
} as const;

/** What it says of itself on standard error is for people: one line of it, without paths and secrets. */
function exitText({ exitCode, stderr }: Extract<SandboxResult, { kind: 'exited' }>): string {
  const said = stderr.trim() === '' ? '' : `: ${sanitiseError(stderr.trim().split('\n')[0])}`;
  return `it ended with exit code ${exitCode}${said}`;
}
