/**
 * Who calls the sandbox in a test: this process, or a process of its own that gave up root before it called.
 * Never: leaves a helper process behind; each ends with its one run.
 */
import { fork } from 'node:child_process';
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SandboxCommand, SandboxResult } from '../../tools/sandbox/sandbox.ts';
import { createUnshareSandbox, type UnshareSandboxOptions } from '../../tools/sandbox/unshare-sandbox.ts';

export type Caller = {
  run(command: SandboxCommand, options?: UnshareSandboxOptions): Promise<SandboxResult>;
  /** Gives a prepared folder to the caller, as if the caller had made it. */
  own(path: string): void;
  /** The user id the helper process drops to, if any. */
  helperUid: number | undefined;
};

const sandboxes = new Map<string, ReturnType<typeof createUnshareSandbox>>();

/** Calls from this process, whatever user it is. */
export const thisProcess: Caller = {
  helperUid: undefined,
  own() {},
  async run(command, options = {}) {
    const key = JSON.stringify(options);
    const sandbox = sandboxes.get(key) ?? createUnshareSandbox(options);
    sandboxes.set(key, sandbox);
    return await sandbox.run(command);
  },
};

const plainUid = 12_345;

/** Calls from a process that is no longer root. Needs root to start from. */
export const plainUser: Caller = {
  helperUid: plainUid,
  own: (path) => give(path),
  async run(command, options = {}) {
    const { signal, ...rest } = command;
    const helper = startHelper(plainUid);
    if (signal?.aborted === true) helper.send({ abort: true });
    helper.send({ command: rest, options });
    signal?.addEventListener('abort', () => helper.send({ abort: true }));
    return await new Promise<SandboxResult>((resolve, reject) => {
      helper.once('message', (result) => {
        resolve(result as SandboxResult);
        helper.disconnect();
      });
      helper.once('exit', (code) => reject(new Error(`the helper process ended early with ${code}`)));
    });
  },
};

/** Starts the helper process; descriptors in `extra` are left open in it from number 4 on. */
export function startHelper(uid: number | undefined, extra: readonly number[] = []): ReturnType<typeof fork> {
  const script = fileURLToPath(new URL('run-helper.ts', import.meta.url));
  return fork(script, uid === undefined ? [] : [String(uid)], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...extra],
  });
}

function give(path: string): void {
  chownSync(path, plainUid, plainUid);
  if (!statSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) give(join(path, name));
}
