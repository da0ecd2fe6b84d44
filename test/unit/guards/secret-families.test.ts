/** Every family of secrets that docs/guards.md claims, in the places where secrets are written. Made up when the test runs. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findSecrets, redactSecrets } from '../../../guards/index.ts';
import { hex, made, upper } from '../../support/made-secrets.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const armour = (kind: string) =>
  ['-----BEGIN ', kind, 'PRIVATE KEY', '-----\n', base64(made(90)), '\n-----END ', kind, 'PRIVATE KEY', '-----'].join(
    '',
  );

/** Those that show by their form, wherever they stand. */
const families: Readonly<Record<string, () => string>> = {
  'AWS access key id': () => `AKIA${upper(16)}`,
  'AWS temporary key id': () => `ASIA${upper(16)}`,
  'Google API key': () => `AIza${made(35)}`,
  'Google OAuth secret': () => `GOCSPX-${made(28)}`,
  'Google refresh token': () => `1//0${made(90)}`,
  'Azure client secret': () => `${made(3)}8Q~${made(34)}`,
  'Azure connection string': () => `DefaultEndpointsProtocol=https;AccountName=app;AccountKey=${base64(made(64))}`,
  'Azure SAS': () => `https://app.blob.core.windows.net/x?sv=2022-11-02&sig=${encodeURIComponent(base64(hex(32)))}`,
  'GitHub personal token': () => `ghp_${made(36)}`,
  'GitHub OAuth token': () => `gho_${made(36)}`,
  'GitHub server token': () => `ghs_${made(36)}`,
  'GitHub fine-grained token': () => `github_pat_${made(22)}_${made(59)}`,
  'GitLab token': () => `glpat-${made(20)}`,
  'Slack bot token': () => `xoxb-${made(12, '0123456789')}-${made(12, '0123456789')}-${made(24)}`,
  'Slack app token': () => `xapp-1-A${upper(10)}-${made(13, '0123456789')}-${hex(64)}`,
  'Slack webhook': () => `https://hooks.slack.com/services/T${upper(8)}/B${upper(8)}/${made(24)}`,
  'Discord webhook': () => `https://discord.com/api/webhooks/${made(18, '123456789')}/${made(68)}`,
  Stripe: () => `sk_live_${made(24)}`,
  'Stripe restricted': () => `rk_live_${made(24)}`,
  Twilio: () => `SK${hex(32)}`,
  SendGrid: () => `SG.${made(22)}.${made(43)}`,
  npm: () => `npm_${made(36)}`,
  PyPI: () => `pypi-AgEIcHlwaS5vcmc${made(60)}`,
  Docker: () => `dckr_pat_${made(27)}`,
  'Docker swarm': () => `SWMTKN-1-${made(50, 'abcdefghij0123456789')}-${made(25, 'abcdefghij0123456789')}`,
  'Docker login': () => `"auth": "${base64(`deploy:${made(14)}`)}"`,
  'Docker login with a short password': () => `"auth":"${base64('bob:bluewhale7')}"`,
  Heroku: () => `HRKU-${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  OpenAI: () => `sk-${made(20)}T3BlbkFJ${made(20)}`,
  'OpenAI project': () => `sk-proj-${made(48)}`,
  Anthropic: () => `sk-ant-api03-${made(93)}AA`,
  'Hugging Face': () => `hf_${made(34, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP')}`,
  JWT: () =>
    `${base64('{"alg":"HS256"}').replaceAll('=', '')}.${base64('{"sub":"1"}').replaceAll('=', '')}.${made(43)}`,
  Vault: () => `hvs.${made(90)}`,
  Databricks: () => `dapi${hex(32)}`,
  DigitalOcean: () => `dop_v1_${hex(64)}`,
  Grafana: () => `glsa_${made(32)}_${hex(8)}`,
  Shopify: () => `shpat_${hex(32)}`,
  Telegram: () => `${made(9, '123456789')}:AA${made(33)}`,
  Mailgun: () => `key-${hex(32)}`,
  Mailchimp: () => `${hex(32)}-us12`,
  Linear: () => `lin_api_${made(40)}`,
  Notion: () => `ntn_${made(11, '0123456789')}${made(35)}`,
  Postman: () => `PMAK-${hex(24)}-${hex(34)}`,
  Atlassian: () => `ATATT3${made(180)}`,
  Cloudflare: () => `cfat_${made(48)}`,
  Terraform: () => `${made(14)}.atlasv1.${made(67)}`,
  'database URL': () => `postgres://app:${made(14)}@db.internal:5432/orders`,
  'mongodb URL': () => `mongodb+srv://app:${made(14)}@cluster0.example.net/orders?retryWrites=true`,
  'redis URL without a user': () => `redis://:${made(14)}@cache.internal:6379/0`,
  'basic-auth URL': () => `https://deploy:${made(14)}@packages.internal/simple/`,
  'basic-auth URL with @ in the password': () => `https://deploy:${made(6)}@${made(6)}@packages.internal/`,
  'bearer header': () => `Authorization: Bearer ${made(40)}`,
  'basic header': () => `Authorization: Basic ${base64(`deploy:${made(14)}`)}`,
  'header with a scheme of one service': () => `Authorization: SSWS 00${made(40)}`,
  'header with a scheme and a UUID': () => `Authorization: GenieKey ${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
  'header of Kerberos': () => `Proxy-Authorization: Negotiate ${base64(made(60))}`,
  'header with a name before its token': () => `Authorization: Token token=${made(20)}`,
  'header without a scheme': () => `authorization: ${hex(40)}`,
};

const places: Readonly<Record<string, (secret: string) => string>> = {
  prose: (secret) => `We use ${secret} for that, ask Anna.`,
  'an env file': (secret) => `PORT=8080\nVALUE=${secret}\nDEBUG=1`,
  YAML: (secret) => `service:\n  value: "${secret}"\n  port: 80`,
  JSON: (secret) => JSON.stringify({ port: 80, value: secret }),
  'JSON inside JSON': (secret) => JSON.stringify({ body: JSON.stringify({ value: secret }) }),
  INI: (secret) => `[app]\nvalue = ${secret}\n`,
  'a shell script': (secret) => `#!/bin/sh\nexport VALUE='${secret}'\nrun`,
  'a log line': (secret) => `2026-03-04T05:06:07Z WARN sent (${secret}) to peer`,
};

describe.each(Object.entries(families))('%s', (_family, make) => {
  test.each(Object.entries(places))('is found in %s', async (_place, write) => {
    expect(await findSecrets(write(make()))).not.toEqual([]);
  });

  test('is found in base64', async () => {
    expect(await findSecrets(`data: ${base64(`VALUE=${make()}\n`)}`)).not.toEqual([]);
  });

  test('is found in base64 alone, in broken lines, and behind a line end of JSON', async () => {
    const encoded = base64(`# ${'-'.repeat(39)}\n${places['JSON']!(make())}\n`);
    const broken = encoded.replaceAll(/.{76}/g, '$&\n');
    for (const text of [encoded, broken, broken.replaceAll('\n', '\n    '), JSON.stringify({ text: `\n${broken}` })])
      expect(await findSecrets(text), text).not.toEqual([]);
  });

  test('is found in hex, in escapes, and with hidden characters between its letters', async () => {
    const secret = make();
    const codes = Array.from(secret, (sign) => sign.charCodeAt(0).toString(16).padStart(2, '0'));
    const encoded = [
      codes.join(''),
      codes.map((code) => `%${code}`).join(''),
      codes.map((code) => `\\u00${code}`).join(''),
      codes.map((code) => `\\x${code}`).join(''),
    ];
    for (const spelling of encoded) {
      const { text } = await redactSecrets(`it is ${spelling} .`);
      expect(text, spelling).toMatch(/^it is \[secret:[a-z0-9-]+\] \.$/);
    }
    const { text } = await redactSecrets(Array.from(secret).join('\u200b'));
    expect(text).toMatch(/\[secret:[a-z0-9-]+\]/);
    expect(text.replaceAll('\u200b', '')).not.toMatch(new RegExp(made(8)));
  });

  test('leaves nothing when redacted', async () => {
    const { text } = await redactSecrets(places['JSON']!(make()));
    expect(text).not.toMatch(new RegExp(made(8)));
  });
});

describe('private keys', () => {
  test.each(['', 'RSA ', 'EC ', 'DSA ', 'OPENSSH ', 'ENCRYPTED '])(
    '%s are found on many lines and on one',
    async (kind) => {
      for (const text of [armour(kind), JSON.stringify(armour(kind)), armour(kind).replaceAll('\n', ' ')]) {
        expect(await findSecrets(`key: ${text}`)).toHaveLength(1);
        expect((await redactSecrets(text)).text).not.toContain(made(16));
      }
    },
  );

  test('of a service account are found', async () => {
    const key = rsa().export({ type: 'pkcs8', format: 'pem' }).toString();
    const text = JSON.stringify({ type: 'service_account', private_key: key, client_email: 'a@b.example' });
    expect((await redactSecrets(text)).text).not.toContain(key.slice(60, 100));
  });

  test('of PGP are found', async () => {
    const block = armour('PGP ').replaceAll('KEY-----', 'KEY BLOCK-----');
    expect((await redactSecrets(block)).text).not.toContain(made(16));
  });
});

/** Those that show by the name beside them. */
const named: readonly ((value: string) => string)[] = [
  (value) => `aws_secret_access_key = ${value}`,
  (value) => `AWS_SECRET_ACCESS_KEY=${value}`,
  (value) => JSON.stringify({ SecretAccessKey: value, SessionToken: value }),
  (value) => `DB_PASS=${value}`,
  (value) => `smtp-pass: ${value}`,
  (value) => `HEROKU_API_KEY=${value}`,
  (value) => `TWILIO_AUTH_TOKEN: ${value}`,
  (value) => `//${['registry', 'npmjs', 'org'].join('.')}/:_authToken=${value}`,
  (value) => `//registry.example.com/:_auth=${value}`,
  (value) => `<server><password>${value}</password></server>`,
  (value) => `- name: DB_PASSWORD\n  value: "${value}"`,
  (value) => `machine example.com login deploy password ${value}`,
  (value) => `CREATE USER app WITH PASSWORD '${value}'`,
  (value) => `curl -u deploy:${value} https://example.com`,
  (value) => `Server=db;User Id=app;Password=${value};`,
  (value) => `X-Api-Key: ${value}`,
  (value) => `const client = new Client({ apiKey: '${value}' });`,
  (value) => `the password is ${value}, do not share it`,
  (value) => `kind: Secret\ndata:\n  password: ${base64(value)}`,
  (value) => `{"auths":{"x":{"auth_token":"${value}"}}}`,
  (value) => `spring.datasource.password=${value}`,
  (value) => `password: |\n  ${value}\nuser: app`,
  (value) => `db:\n  "password": >-\r\n    ${value}\r\n  user: app`,
  (value) => `SET PASSWORD FOR bob = '${value}'`,
  (value) => `set password for 'bob'@'%' = PASSWORD('${value}');`,
  (value) => `aws configure set --profile live aws_secret_access_key ${value}`,
  (value) => `npm config set //registry.example.com/:_authToken ${value}`,
  (value) => `FROM node\nENV DB_PASSWORD ${value}\nRUN x`,
  (value) => `setenv API_TOKEN "${value}"`,
  (value) => `bind 0.0.0.0\nrequirepass ${value}\nmasterauth ${value}\n`,
  (value) => `keytool -list -keystore app.jks -storepass ${value}`,
  (value) => `openssl rsa -passin pass:${value} -in app.key`,
  (value) => `DB_PW=${value}`,
  (value) => `PASS=${value}`,
  (value) => `CMD ["mysql", "-h", "db", "-p${value}"]`,
  (value) => JSON.stringify({ command: JSON.stringify(['mysqldump', `-p${value}`, 'orders']) }),
  (value) => `["redis-cli","-a","${value}","ping"]`,
  (value) => `db.example.com:5432:orders:app:${value}\n*:*:*:postgres:${value}`,
];

test.each(named.map((write) => [write('…').split('\n')[0]!, write] as const))(
  'a value is found by its name: %s',
  async (_name, write) => {
    const value = made(20);
    const { text } = await redactSecrets(write(value));
    expect(text).toMatch(/\[secret:/);
    expect(text).not.toContain(value);
    expect(text).not.toContain(base64(value));
  },
);

test('all lines of a value in YAML are taken', async () => {
  const text = `token: |\n  ${made(30)}\n  ${made(31, undefined, 'second')}\nuser: app`;
  expect((await redactSecrets(text)).text).toBe('token: |\n  [secret:assignment]\nuser: app');
});

test.each([
  'password: your-password-here',
  'api_key=my_api_key',
  'token: foo-bar',
  'DOCKER_TOKEN=not_a_real_token',
  'apiKey: "OPENAI_API_KEY"',
  'password: ${{ secrets.DB_PASSWORD }}',
  'password: "{{ vault_password }}"',
  'token = "xxxxxxxxxxxx"',
  'secret: op://vault/item/field',
  'password = <redacted>',
  'password_file: /run/secrets/db',
  'postgres://user:password@localhost:5432/db',
  'postgres://postgres:postgres@localhost:5432/db',
  'mysql://$USER:$PASSWORD@db/app',
  'https://YOUR_USERNAME:YOUR_PASSWORD@api.example.com',
  'http://localhost:3000,anna@example.com',
  '"pg-connection-string": "^2.14.1"',
  'export type Token = { kind: string; token: string };',
  'date -u +%Y-%m-%dT%H:%M:%S',
  'the token is invalid',
  'arn:aws:secretsmanager:eu-west-1:1:secret:prod/db-AbCdEf',
  'secret="prod/db-credentials"',
  'secret: apps/v2/orders-db',
  'PASS=12 FAIL=0',
  'set token expiry-time to 30 minutes',
  'set the password policy-2 first',
  'git config --global credential.helper store',
  'kubectl config set-credentials admin-user1 --client-key=app.key',
  'requirepass is set to a password',
  'secret: |\n  what is kept here: nothing\n',
  'CMD ["mysql", "-p", "orders2024"]',
  'ENV TOKEN_PATH /var/run/token1',
  'Authorization: see docs/authorization-of-requests for that',
  'Authorization: AWS4-HMAC-SHA256',
  '{"auth": "required"}',
  `{"auth": "${base64('a')}"}`,
  'the secret was rotated yesterday',
  'integrity sha512-9n1HmOF5zbGgeNXv0kB1V7UMyT7QxNHxIQy0k2c2mEYQ7k9b1y5pLr0qKw==',
  'key: user:42:profile',
  ['sk', 'learn-contrib-imbalanced-ensemble-models-2024'].join('-'),
])('is no secret: %s', async (text) => {
  expect(await findSecrets(text)).toEqual([]);
});

test('every family stands in the documentation', () => {
  const claimed = readFileSync(new URL('../../../docs/guards.md', import.meta.url), 'utf8').toLowerCase();
  for (const family of [
    'AWS',
    'Google',
    'Azure',
    'GitHub',
    'GitLab',
    'Slack',
    'Stripe',
    'Twilio',
    'SendGrid',
    'npm',
    'PyPI',
    'Docker',
    'Heroku',
    'OpenAI',
    'Anthropic',
    'Hugging Face',
    'JWT',
    'private keys',
  ])
    expect(claimed).toContain(family.toLowerCase());
});

test('marks made with different keys cannot be compared', async () => {
  const secret = `password=${made(20)}`;
  const marks = new Set<string>();
  for (let key = 0; key < 8; key += 1)
    marks.add((await redactSecrets(secret, { markKey: new Uint8Array(32).fill(key) })).text);
  expect(marks.size).toBeGreaterThan(4);
  const again = await redactSecrets(secret, { markKey: new Uint8Array(32).fill(1) });
  expect(marks).toContain(again.text);
});

test('without a key marks say nothing of the secrets, nor which are the same', async () => {
  const { text } = await redactSecrets(`password=${made(20)} token=${made(21)} password=${made(20)}`);
  expect(text).toBe('password=[secret:assignment] token=[secret:assignment] password=[secret:assignment]');
});
