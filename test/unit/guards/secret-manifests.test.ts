/** Kubernetes Secrets as programs print them: every value under `data`, whatever its name is, and nothing beside it. */
import { describe, expect, test } from 'vitest';
import { findSecrets, redactSecrets } from '../../../guards/index.ts';
import { made } from '../../support/made-secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

const manifests: [string, (value: string) => string][] = [
  ['YAML', (value) => `apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\ndata:\n  extra: ${value}\n`],
  ['kind behind data', (value) => `data:\n  extra: ${value}\nkind: Secret\nmetadata:\n  name: app\n`],
  ['quoted', (value) => `kind: "Secret"\n"data":\n  'extra': '${value}'\n`],
  ['a block', (value) => `kind: Secret\ndata:\n  .dockercfg: |\n    ${value}\ntype: x\n`],
  ['a list', (value) => `kind: List\nitems:\n- kind: Secret\n  data:\n    extra: ${value}\n  metadata: {}\n`],
  ['JSON', (value) => JSON.stringify({ kind: 'Secret', data: { extra: value } })],
  ['JSON on lines', (value) => JSON.stringify({ data: { one: value }, kind: 'Secret' }, null, 2)],
  ['JSON in a text', (value) => JSON.stringify({ text: JSON.stringify({ kind: 'Secret', data: { extra: value } }) })],
];

const inTheClear: [string, (value: string) => string][] = [
  ['a block', (value) => `apiVersion: v1\nkind: Secret\nstringData:\n  extra: ${value}\ntype: Opaque\n`],
  ['a block in quotes', (value) => `kind: Secret\nstringData:\n  extra: '${value}' # of the old one\n`],
  ['a list', (value) => `items:\n- stringData:\n    extra: ${value}\n  kind: Secret\n`],
  ['lines', (value) => `kind: Secret\nstringData:\n  conf: |-\n    ${value}\nmetadata: {}\n`],
  ['a line below', (value) => `kind: Secret\nstringData:\n  conf:\n    ${value}\n`],
  ['braces', (value) => `kind: Secret\nstringData: {port: 80, extra: ${value}}\n`],
  ['braces and quotes', (value) => `kind: Secret\nstringData: {one: "", 'extra': "${value}"}\n`],
  ['JSON', (value) => JSON.stringify({ kind: 'Secret', stringData: { extra: value } })],
  ['JSON on lines', (value) => JSON.stringify({ stringData: { extra: value }, kind: 'Secret' }, null, 2)],
  ['JSON in a text', (value) => JSON.stringify({ x: JSON.stringify({ kind: 'Secret', stringData: { a: value } }) })],
];

describe('the values of a Secret are found', () => {
  test.each(manifests)('%s', async (_, write) => {
    const value = base64(made(14));
    const { text, findings } = await redactSecrets(write(value));
    expect(text).not.toContain(value);
    expect(findings).toHaveLength(1);
    expect(text).toContain('ecret');
  });

  test.each(inTheClear)('in the clear, in %s', async (_, write) => {
    for (const value of [made(14), 'bluewhale']) {
      const { text, findings } = await redactSecrets(write(value));
      expect(text).not.toContain(value);
      expect(findings).toHaveLength(1);
      expect(text).toContain('Secret');
    }
  });

  test('all of a value with signs and quotes in it', async () => {
    const value = `${made(5)} {"${made(6)}": ', '}`;
    for (const text of [
      JSON.stringify({ kind: 'Secret', stringData: { extra: value, other: 'bluewhale' } }),
      `kind: Secret\nstringData:\n  extra: ${value}\n  other: bluewhale\n`,
    ])
      expect((await redactSecrets(text)).text).not.toMatch(new RegExp(`bluewhale|${made(5)}|${made(6)}`));
  });

  test('all of several, in order', async () => {
    const values = [base64(made(9)), base64(made(12)), base64(made(30))];
    const text = `kind: Secret\ndata:\n${values.map((value, index) => `  k${String(index)}: ${value}\n`).join('')}type: Opaque\n`;
    const found = await findSecrets(text);
    expect(found.map(({ span }) => text.slice(span?.start, span?.end))).toEqual(values);
  });
});

describe('leaves alone', () => {
  test.each([
    ['another kind', `kind: ConfigMap\ndata:\n  motto: ${base64('unchanged words')}\n`],
    ['a reference', 'kind: SecretStore\ndata:\n  remoteRef: production\n'],
    ['what stands beside the values', `kind: Secret\nmetadata:\n  name: production\n  uid: abcdefgh\ntype: Opaque\n`],
    [
      'a form to fill in',
      'kind: Secret\nstringData:\n  a: ${VALUE}\n  b: "{{ .Values.b }}"\n  c: <fill in>\n  d: "8080"\n',
    ],
    ['another kind in the clear', 'kind: ConfigMap\nstringData:\n  motto: bluewhale\n'],
    ['what stands behind', 'kind: Secret\nstringData:\n  a: ""\nnotes: bluewhale\n'],
    ['prose', 'The kind: Secret objects hold data: keep them safe. Sometimes\n  abcdefghijkl\n'],
  ])('%s', async (_, text) => expect(await findSecrets(text)).toEqual([]));
});

test('a manifest without end costs no more than its length', async () => {
  const text = `kind: Secret\n${'data:\n  a: b\nstringData:\n  a: b\n'.repeat(20_000)}`;
  expect(await findSecrets(text)).toEqual([]);
});
