/**
 * A sandboxed shell tool of a real deployment reads neither a signing key nor the local API key, wherever the state folder
 * lies. Settings, keys, masks and tool are those of the program; only who calls the sandbox is the test's.
 * Never: passes because the attack is weak; the same command outside the sandbox reads everything it is after.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { maskedPaths } from '../../cli/parts/start-worker-part.ts';
import { domains } from '../../core/contracts/envelope.ts';
import { digestText } from '../../core/digest.ts';
import { loadOrCreateKeys, privateKeyPath } from '../../keys/load-or-create-keys.ts';
import { createToolRegistry } from '../../tools/registry.ts';
import { sandboxWithMasks } from '../../tools/sandbox-with-masks.ts';
import { shellTool } from '../../tools/shell-tool.ts';
import type { ToolContext } from '../../tools/tool-context.ts';
import { type Config, readConfig } from '../../worker/config.ts';
import type { Caller } from './callers.ts';
import { sandboxFixture } from './fixture.ts';

const layouts: readonly (readonly [string, (base: string) => string])[] = [
  ['beside the work folder, both in one folder', (base) => join(base, 'project', '.countersign')],
  ['in the home folder', (base) => join(base, 'home', '.countersign')],
  ['reached through a symbolic link', linkedState],
];

export function describeState(name: string, caller: Caller): void {
  describe(name, () => {
    const fixture = sandboxFixture(caller);

    test.each(layouts)('a state folder %s', async (_, stateIn) => {
      const { base } = fixture;
      vi.stubEnv('HOME', join(base, 'home'));
      vi.stubEnv('HELPER_HOME', join(base, 'home'));
      mkdirSync(join(base, 'home'), { mode: 0o700 });
      const config = readConfig({ COUNTERSIGN_STATE: stateIn(base) });
      const apiKey = await prepare(config);
      const workFolder = join(config.paths.work, 'run-1');
      mkdirSync(workFolder, { recursive: true, mode: 0o700 });
      caller.own(base);

      const attack = attackOn(config);
      const keys = domains.map((domain) => keyText(config, domain));
      const outside = execFileSync('/bin/sh', ['-c', attack], { cwd: workFolder, encoding: 'utf8' });
      for (const secret of [apiKey, ...keys]) expect(outside).toContain(secret);

      const inside = await runShellTool(caller, config, workFolder, `${attack}\necho written >file; cat file`);
      expect(inside).toMatch(/^\[exit code 0\]\n/u);
      expect(inside).toContain('written\n');
      for (const secret of [apiKey, ...keys]) expect(inside).not.toContain(secret);
      expect(inside).not.toContain('PRIVATE');
    });

    test.each<[string, (config: Config) => string]>([
      ['the folder around it', ({ stateFolder }) => join(stateFolder, '..')],
      ['the state folder', ({ stateFolder }) => stateFolder],
      ['its keys', ({ paths }) => paths.keys],
      ['its API key', ({ paths }) => paths.apiKey],
    ])('a state folder reached through a link, nothing runs for a tool that shows %s', async (_, shownOf) => {
      const config = readConfig({ COUNTERSIGN_STATE: linkedState(fixture.base) });
      await prepare(config);
      const workFolder = join(config.paths.work, 'run-1');
      mkdirSync(workFolder, { recursive: true, mode: 0o700 });
      caller.own(fixture.base);
      const ran = runShellTool(caller, config, workFolder, 'touch ran', [shownOf(config)]);
      await expect(ran).rejects.toThrow(/no sandbox \(a read-only path is masked/u);
      expect(existsSync(join(workFolder, 'ran'))).toBe(false);
    });
  });
}

function linkedState(base: string): string {
  mkdirSync(join(base, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(base, 'elsewhere'), join(base, 'link'));
  return join(base, 'link', '.countersign');
}

async function prepare(config: Config): Promise<string> {
  await loadOrCreateKeys({ folder: config.paths.keys, domains, clock: { now: () => Date.now() } });
  const apiKey = ['cs', digestText('body', config.stateFolder).slice(-32)].join('_');
  writeFileSync(config.paths.apiKey, apiKey, { mode: 0o600 });
  return apiKey;
}

/** The one line of a private key's armour that holds the key. */
function keyText(config: Config, domain: (typeof domains)[number]): string {
  return String(readFileSync(privateKeyPath(config.paths.keys, domain), 'utf8').split('\n')[1]);
}

/** By name as given, by its way from the work folder, through other processes' roots, and by looking everywhere. */
function attackOn(config: Config): string {
  const files = [config.paths.apiKey, ...domains.map((domain) => privateKeyPath(config.paths.keys, domain))];
  const quoted = files.map((file) => `'${file}' "/proc/1/root"'${file}'`).join(' ');
  return [
    `cat ${quoted} ../../api-key ../../keys/* 2>/dev/null`,
    `find ../.. '${config.stateFolder}' -type f -exec cat {} + 2>/dev/null`,
    `ln -s '${config.stateFolder}' out 2>/dev/null; cat out/api-key out/keys/* 2>/dev/null; rm -f out`,
    'for place in /proc/[0-9]*; do cat "$place/root"/tmp/*/*/.countersign/api-key "$place/cwd/../../api-key"; done 2>/dev/null',
    'true',
  ].join('\n');
}

async function runShellTool(
  caller: Caller,
  config: Config,
  workFolder: string,
  text: string,
  readOnlyPaths: readonly string[] = [],
): Promise<string> {
  const tool = createToolRegistry([shellTool({ readOnlyPaths })], { moduleDigest: digestText('body', '') }).get(
    'shell',
  );
  const sandbox = sandboxWithMasks(
    {
      id: 'test',
      available: async () => ({ ok: true, version: '' }),
      run: async (command) => await caller.run(command),
    },
    maskedPaths(config, {}),
  );
  const context: Partial<ToolContext> = {
    workFolder,
    sandbox,
    timeoutMs: 30_000,
    signal: new AbortController().signal,
  };
  const said = await tool?.execute({ command: text }, context as ToolContext);
  return typeof said === 'string' ? said : '';
}
