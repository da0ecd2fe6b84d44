/** A pack's own guards: none can pass for another, however the pack is written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { builtInGuards, defineGuard } from '../../../guards/index.ts';
import { defineAgent } from '../../../packs/define-agent.ts';
import { readTools } from '../../../packs/load-tools.ts';
import { readOwnGuards } from '../../../packs/own-guards.ts';
import { defineTool } from '../../../tools/define-tool.ts';

const own = (id: string) => defineGuard({ id, at: ['beforeTool'], check: () => [] });
const agent = {
  name: 'ops',
  instructions: 'Look after it.',
  model: { name: 'gpt-test' },
  policy: 'version: 1\nrules: []\n',
  tools: [
    defineTool({
      name: 'look',
      description: 'Looks',
      effect: 'read',
      parameters: z.strictObject({}),
      execute: () => 'seen',
    }),
  ],
};

describe('an id that is taken is refused', () => {
  test.each([
    ...builtInGuards.map(({ id }) => id),
    'default',
    'compliance',
    'untrusted-values',
    'after-tool',
    'model-input',
    'model-answer',
  ])('%s', (id) => {
    expect(readOwnGuards('tools.ts', [own(id)]).problems).toHaveLength(1);
    expect(() => defineAgent({ ...agent, guards: [own(id)] })).toThrow(/whose id is taken by Countersign itself/u);
  });

  test('and one that another guard of the pack has', () => {
    expect(() => defineAgent({ ...agent, guards: [own('mine'), own('other'), own('mine')] })).toThrow(
      /the guard "mine" a second time/u,
    );
    expect(defineAgent({ ...agent, guards: [own('mine'), own('other')] }).guards.map(({ id }) => id)).toEqual([
      'mine',
      'other',
    ]);
  });

  test('in a folder too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'own-guards-'));
    try {
      const guard = "{ id: 'shell', summary: '', at: ['beforeTool'], timeoutMs: 10, check: () => [] }";
      writeFileSync(join(folder, 'tools.ts'), `export const tools = [];\nexport const guards = [${guard}];\n`);
      expect(await readTools(folder)).toMatchObject({
        kind: 'invalid',
        problems: [{ found: 'the guard "shell", whose id is taken by Countersign itself' }],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('what is no guard is said with everything else that is wrong', () => {
  const wrong = { ...agent, name: 'Ops', guards: [{ id: 'mine' } as never] };
  expect(() => defineAgent(wrong)).toThrow(/agent\.name[\s\S]*guards made by defineGuard/u);
});

describe('a policy that names a guard which does not exist', () => {
  const policyWith = (guards: string) => `version: 1\nrules: []\nguards:\n${guards}`;

  test('is refused with the nearest name: what was meant to deny more would deny nothing', () => {
    const policy = policyWith('  injecton: { high: deny, block: low }\n  shell: { high: deny }\n');
    const mistyped = /policy:4:3: found the guard "injecton", expected "default".*did you mean "injection"/u;
    expect(() => defineAgent({ ...agent, policy })).toThrow(mistyped);
    const off = policyWith('  minne: { off: true, acknowledge: Not now }\n');
    expect(() => defineAgent({ ...agent, policy: off, guards: [own('mine')] })).toThrow(/did you mean "mine"/u);
  });

  test('and one that names what there is loads, with guards of the pack and those in whose name the gate speaks', () => {
    const names = [...builtInGuards.map(({ id }) => id), 'default', 'after-tool', 'model-input', 'mine'];
    const policy = policyWith(names.map((name) => `  ${name}: { high: deny }\n`).join(''));
    expect([...defineAgent({ ...agent, policy, guards: [own('mine')] }).policy.guards.keys()]).toEqual(names);
    expect(() => defineAgent({ ...agent, policy })).toThrow(/the guard "mine"/u);
  });
});
