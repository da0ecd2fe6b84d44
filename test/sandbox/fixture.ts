/**
 * The folders and short forms that the sandbox tests share: a base with a work folder, and a shown pack with keys in it.
 * Never: keeps a folder after its test.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { SandboxCommand, SandboxResult } from '../../tools/sandbox/sandbox.ts';
import type { Caller } from './callers.ts';

/** The search path of the commands. */
export const path = '/usr/sbin:/usr/bin:/sbin:/bin';

export type Pack = { pack: string; state: string; key: string; apiKey: string };

export type Fixture = {
  base: string;
  workFolder: string;
  secret: string;
  command: (text: string, more?: Partial<SandboxCommand>) => SandboxCommand;
  shell: (text: string, more?: Partial<SandboxCommand>) => Promise<SandboxResult>;
  /** Standard output of a command that must end by itself. */
  output: (text: string, more?: Partial<SandboxCommand>) => Promise<string>;
  /** A pack to show, with a state folder in it to mask: the mask is all that stands before the keys. */
  packWithState: (folder?: string) => Pack;
};

/** Registers the hooks of the enclosing `describe`; the object's fields change with each test. */
export function sandboxFixture(caller: Caller): Fixture {
  const fixture: Fixture = {
    base: '',
    workFolder: '',
    secret: ['canary', Math.random().toString(36).slice(2)].join('-'),
    command: (text, more = {}) => ({
      argv: ['/bin/sh', '-c', text],
      workFolder: fixture.workFolder,
      environment: { PATH: path },
      timeoutMs: 30_000,
      maxOutputBytes: 100_000,
      maskedPaths: [],
      ...more,
    }),
    shell: async (text, more = {}) => await caller.run(fixture.command(text, more)),
    async output(text, more = {}) {
      const result = await fixture.shell(text, more);
      if (result.kind !== 'exited') throw new Error(`the command did not exit: ${JSON.stringify(result)}`);
      return result.stdout;
    },
    packWithState(folder = 'pack') {
      const pack = join(fixture.base, folder);
      const state = join(pack, '.countersign');
      mkdirSync(join(state, 'keys'), { recursive: true });
      const key = join(state, 'keys', 'decision.pem');
      const apiKey = join(pack, 'local api.key');
      writeFileSync(key, fixture.secret, { mode: 0o644 });
      writeFileSync(apiKey, fixture.secret, { mode: 0o644 });
      writeFileSync(join(pack, 'shown'), 'shown');
      caller.own(fixture.base);
      return { pack, state, key, apiKey };
    },
  };
  beforeEach(() => {
    fixture.base = realpathSync(mkdtempSync(join(tmpdir(), 'countersign sandbox 7')));
    fixture.workFolder = join(fixture.base, 'work');
    mkdirSync(fixture.workFolder, { mode: 0o700 });
    caller.own(fixture.base);
  });
  afterEach(() => rmSync(fixture.base, { recursive: true, force: true }));
  return fixture;
}
