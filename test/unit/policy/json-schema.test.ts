import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultPolicyText, loadPolicy } from '../../../policy/index.ts';
import { policyJsonSchemaText } from '../../../policy/json-schema.ts';

const file = readFileSync(new URL('../../../schemas/policy.schema.json', import.meta.url), 'utf8');

describe('schemas/policy.schema.json', () => {
  it('is the schema that loads policies; run "npm run schema:policy" after a change', () => {
    expect(file).toBe(policyJsonSchemaText());
  });

  it('takes what loads and marks what does not', () => {
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(file));
    expect(validate(parse(defaultPolicyText)), JSON.stringify(validate.errors)).toBe(true);
    for (const wrong of [
      'version: 1',
      'version: 2\nrules: []',
      'version: 1\nrules: []\nlimts: {}',
      'version: 1\nrules: [{ id: a, reason: r, effect: aks, tools: [x] }]',
      'version: 1\nrules: [{ id: a, reason: r, effect: ask, tools: [Send_Email] }]',
    ]) {
      expect(loadPolicy(wrong, 'f').kind, wrong).toBe('invalid');
      expect(validate(parse(wrong)), wrong).toBe(false);
    }
  });
});
