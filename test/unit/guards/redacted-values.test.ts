/** Only the value of a secret is taken out: what is left of JSON and of settings can be read, and says what stood there. */
import { describe, expect, test } from 'vitest';
import { redactSecrets } from '../../../guards/index.ts';
import { hex, made, upper } from '../../support/made-secrets.ts';

const values: Readonly<Record<string, () => string>> = {
  SecretAccessKey: () => made(40),
  aws_secret_access_key: () => made(40),
  AWS_SECRET_ACCESS_KEY: () => made(40),
  AccessKeyId: () => `AKIA${upper(16)}`,
  private_key_id: () => `ghp_${made(36)}`,
  _authToken: () => `npm_${made(36)}`,
  '//npm.example/:_authToken': () => `npm_${made(36)}`,
  password: () => made(14),
  token: () => `dapi${hex(32)}`,
  apiKey: () => `sk-proj-${made(48)}`,
  client_secret: () => `${made(3)}8Q~${made(34)}`,
  url: () => `https://app:${made(14)}@git.internal/x`,
};

const places: Readonly<Record<string, (name: string, value: string) => string>> = {
  JSON: (name, value) => JSON.stringify({ before: 1, [name]: value, after: true }),
  'JSON in JSON': (name, value) => JSON.stringify({ text: JSON.stringify({ [name]: value, after: 1 }) }),
  'JSON on lines': (name, value) => JSON.stringify({ before: 1, [name]: value, after: true }, null, 2),
};

describe.each(Object.entries(places))('%s stays whole', (_place, write) => {
  test.each(Object.entries(values))('around %s', async (name, make) => {
    const value = make();
    const { text } = await redactSecrets(write(name, value));
    expect(text).toContain('[secret:');
    const [, secret = value] = /:([^:@]+)@/.exec(value) ?? [];
    expect(text).not.toContain(secret);
    const mark = /\[secret:[^\]]+\]/.exec(text)?.[0] ?? '';
    expect(JSON.parse(text)).toEqual(JSON.parse(write(name, value.replace(secret, mark))));
  });
});

describe('settings keep names and signs', () => {
  test.each<[string, (value: string) => string]>([
    ['with blanks', (value) => `aws_secret_access_key = ${value}\nregion = eu-west-1\n`],
    ['without', (value) => `AWS_SECRET_ACCESS_KEY=${value}\n`],
    ['exported', (value) => `export AWS_SECRET_ACCESS_KEY="${value}"; ls`],
    ['in YAML', (value) => `SecretAccessKey: '${value}'\nother: 1`],
    ['of an arrow', (value) => `"SecretAccessKey" => "${value}",\n`],
  ])('%s', async (_name, write) => {
    const { text, findings } = await redactSecrets(write(made(40)));
    const mark = /\[secret:[^\]]+\]/.exec(text)?.[0] ?? '';
    expect(mark).toMatch(/^\[secret:aws/);
    expect(text).toBe(write(mark));
    expect(findings.map(({ severity }) => severity)).toEqual(['critical']);
  });
});
