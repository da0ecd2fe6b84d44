import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../packs/define-agent.ts';
import { defineTool } from '../../../tools/define-tool.ts';

const policy = readFileSync(join(import.meta.dirname, 'ops', 'policy.yaml'), 'utf8');
const toolThat = (execute: () => string) =>
  defineTool({ name: 'read_logs', description: 'Reads', effect: 'read', parameters: z.strictObject({}), execute });
const source = {
  name: 'ops',
  instructions: 'Look after it.',
  model: { name: 'gpt-test' },
  policy,
  tools: [toolThat(() => 'a')],
};

describe('defineAgent', () => {
  test('makes the pack that a folder would', () => {
    const pack = defineAgent(source);
    expect(pack).toMatchObject({
      folder: null,
      policyText: policy,
      body: { name: 'ops', environment: 'local', inputLabels: ['operator'] },
    });
    expect(pack.body.tools).toEqual([
      { name: 'read_logs', definitionDigest: pack.tools.get('read_logs')?.definitionDigest },
    ]);
  });

  test.each([
    ['of the agent', { turns: 5, refusalsInARow: 2 }, 'turns: 50, refusalsInARow: 9', { turns: 5, refusalsInARow: 2 }],
    ['of the policy', { turns: 90, refusalsInARow: 8 }, 'turns: 6, refusalsInARow: 4', { turns: 6, refusalsInARow: 4 }],
    ['of the agent alone', { turns: 90, refusalsInARow: 8 }, 'callsPerRun: 9', { turns: 90, refusalsInARow: 8 }],
  ])('the smaller limit counts: that %s', (_name, limits, policyLimits, expected) => {
    const text = `version: 1\nrules: []\nlimits: { ${policyLimits} }\n`;
    expect(defineAgent({ ...source, limits, policy: text }).body.limits).toMatchObject(expected);
  });

  test('another function, or another code digest, is another pack', () => {
    const moduleDigest = `sha256:${'0'.repeat(64)}`;
    const packs = [source, { ...source, tools: [toolThat(() => 'b')] }, { ...source, moduleDigest }];
    expect(new Set(packs.map((one) => defineAgent(one).packDigest)).size).toBe(3);
  });

  test('says everything that is wrong at once', () => {
    const wrong = { ...source, name: 'Ops', policy: 'rules: 1', tools: [...source.tools, ...source.tools] };
    expect(() => defineAgent(wrong)).toThrow(/agent\.name[\s\S]*policy:1[\s\S]*second time/);
  });
});
