/** Secrets are found by form, name and value, and nothing of them stays. Every secret here is made up when the test runs. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findingSchema } from '../../../core/contracts/labels.ts';
import { findSecrets, redactSecrets } from '../../../guards/index.ts';
import { hex, made, upper } from '../../support/made-secrets.ts';

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const secrets: [string, () => string][] = [
  ['jwt', () => `${base64url({ alg: 'HS256' })}.${base64url({ sub: '1234' })}.${made(43)}`],
  ['AWS access key id', () => `AKIA${upper(16)}`],
  ['OpenAI project key', () => `sk-proj-${made(48)}`],
  ['OpenAI key', () => `sk-${made(48)}`],
  ['Anthropic key', () => `sk-ant-api03-${made(93)}AA`],
  ['Stripe key', () => `sk_live_${made(24)}`],
  ['GitHub token', () => `ghp_${made(36)}`],
  ['GitHub fine-grained token', () => `github_pat_${made(22)}_${made(59)}`],
  ['GitLab token', () => `glpat-${made(20)}`],
  ['Slack token', () => `xoxb-${made(12, '0123456789')}-${made(12, '0123456789')}-${made(24)}`],
  ['Slack webhook', () => `https://hooks.slack.com/services/T${upper(8)}/B${upper(8)}/${made(24)}`],
  ['Google API key', () => `AIza${made(35)}`],
  ['npm token', () => `npm_${made(36)}`],
  ['PyPI token', () => `pypi-AgEIcHlwaS5vcmc${made(60)}`],
  ['SendGrid key', () => `SG.${made(22)}.${made(43)}`],
  ['Hugging Face token', () => `hf_${made(34)}`],
  ['Vault token', () => `hvs.${made(40)}`],
  ['Databricks token', () => `dapi${hex(32)}`],
  ['DigitalOcean token', () => `dop_v1_${hex(64)}`],
  ['Shopify token', () => `shpat_${hex(32)}`],
  ['Azure client secret', () => `${made(3)}8Q~${made(34)}`],
  ['Telegram token', () => `${made(9, '123456789')}:AA${made(33)}`],
  ['bearer header', () => `Authorization: Bearer ${made(40)}`],
  ['basic header', () => `Authorization: Basic ${Buffer.from(`user:${made(12)}`).toString('base64')}`],
  ['URL password', () => `postgres://app:${made(12)}@db.internal:5432/app`],
  ['ftps URL password', () => `ftps://app:${made(12)}@files.internal/`],
  ['private key', pem],
  ['private key without its end', () => pem().slice(0, 100)],
  ['private key in JSON', () => JSON.stringify({ key: pem() })],
  ['password=', () => `password=${made(10)}`],
  ['short password=', () => `db_password=${made(5)}`],
  ['PASSWORD: ', () => `PASSWORD: ${made(10)}`],
  ['camel case name', () => `dbPassword: "${made(10)}"`],
  ['JSON member', () => JSON.stringify({ api_key: made(20) })],
  ['JSON member inside JSON text', () => JSON.stringify(JSON.stringify({ api_key: made(20) }))],
  ['environment line', () => `export AWS_SECRET_ACCESS_KEY=${made(40)}`],
  ['command option', () => `mysql --password ${made(10)} -h db`],
  ['curl user', () => `curl -u admin:${made(10)} https://example.com`],
  ['arrow', () => `'secret' => '${made(16)}'`],
  ['makefile', () => `API_TOKEN ?= "${made(16)}"\nOTHER ::= x`],
  ['makefile, once', () => `API_TOKEN ::= ${made(16)}`],
  ['PHP, put behind', () => `$apiToken .= "${made(16)}";`],
  ['Go', () => `var apiToken string = "${made(16)}"`],
  ['TypeScript', () => `const apiToken: string = '${made(16)}';`],
  ['Rust', () => `let api_token: &'static str = "${made(16)}";`],
  ['Java property', () => `System.setProperty("api.token", "${made(16)}");`],
  ['XML on lines of its own', () => `<apiToken>\n      ${made(16)}\n    </apiToken>`],
  ['name with what it is', () => `clientSecretString = "${made(16)}"`],
  ['a value on the next line', () => `const token =\n  '${made(16)}';`],
  ['curl without a user', () => `curl -u ":${made(12)}" https://example.com`],
  ['YAML', () => `client_secret: ${made(20)}\nother: x`],
  [
    'a value that begins like a placeholder',
    () => `password="[${made(12)}" password2="$${made(12)}!" password3="%${made(12)}"`,
  ],
  ['passphrase in words', () => `passphrase="correct horse 7 battery staple"`],
];

const x = (length: number) => 'x'.repeat(length);
/** Those that a rule of this repository would take for a leak are put together here. */
const harmless = [
  'The password must be at least 8 characters long.',
  'Password: required',
  'token: string;',
  'const token = parser.nextToken();',
  'password = getPassword()',
  'api_key=${API_KEY}',
  'password: <your password>',
  'secret: {{ .Values.secret }}',
  'token=process.env.TOKEN',
  'password=********',
  'password=$DB_PASSWORD',
  'password="%s"',
  'password: [your password]',
  'Authorization: Bearer <token>',
  'max_tokens=4096, tokens: 1234',
  `PWD=${['', 'home', 'user', 'project'].join('/')}`,
  ['sk', 'learn-contrib-imbalanced-ensemble-models'].join('-'),
  'https://example.com:8080/path?x=1@2',
  'git clone git@github.com:owner/repository.git',
  'postgres://user:password@localhost/db',
  'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
  'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  'run-0f8b9c6e-5d3a-4c21-9b7e-2a1d4f6e8c10',
  `the access key id ${'AKIA'}IOSFODNN7EXAMPLE of the documentation`,
  ['gh', `p_${x(36)}`].join(''),
  ['gl', `ptt-${x(40)}`].join(''),
  ['hv', `s.${x(90)}`].join(''),
  `API_TOKEN="hf_${x(34)}"`,
  `Authorization: Bearer ${'X'.repeat(24)}`,
  `Authorization: Bearer ${'X'.repeat(12)}`,
  ['xo', 'xa-nyc.github.io'].join(''),
  ['xo', 'xb-xo', 'xb-my-bot-token'].join(''),
  ['xo', 'xe.xo', 'xp-1-RANDOMSTRINGHERE'].join(''),
  `the token sha256~${'X'.repeat(10)}_PUT_YOUR_TOKEN_HERE_${'X'.repeat(12)}`,
  'ACCESS_KEY=`etcdctl get /service_secret`',
  `aws_access_key: ${'AKIA'}IOSFODNN7EXAMPLE`,
  'db.password=\njdbc.url=jdbc:h2:mem',
  'notes = "io.jsonwebtoken:jjwt-jackson-0.11.2"',
  'API_KEY=${API_KEY:=$2}',
  'names = ["password", "username1", "token"]',
  `-----BEGIN ${'PRIVATE KEY-----'}-----END ${'PRIVATE KEY-----'}`,
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----',
];

describe('findSecrets', () => {
  test.each(secrets)('finds: %s', async (_name, make) => {
    const text = `first line\nlog ${make()} and more\nlast line`;
    const findings = await findSecrets(text);
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) {
      expect(findingSchema.parse(finding)).toEqual(finding);
      expect(finding.span!.end).toBeGreaterThan(finding.span!.start);
    }
  });

  test.each(harmless)('leaves alone: %s', async (text) => {
    expect(await findSecrets(text)).toEqual([]);
  });

  test.each(['x'.repeat(20), 'EXAMPLE', 'EXAMPLEEXAMPLE', '000000000000', '_PUT_YOUR_TOKEN_HERE'])(
    'is not led to take a secret for a placeholder by what is put behind it: %s',
    async (behind) => {
      for (const secret of [`ghp_${made(40)}`, `xoxb-${made(20)}`, `password=${made(20)}`, `API_TOKEN="${made(24)}"`])
        expect(await findSecrets(secret.replace(/"?$/, (end) => `${behind}${end}`))).not.toEqual([]);
    },
  );

  test('says nothing of what it found', async () => {
    const secret = `ghp_${made(36)}`;
    expect(JSON.stringify(await findSecrets(`token=${secret}`))).not.toContain(secret.slice(4, 12));
  });

  test.each([
    'secretlint-disable',
    'secretlint-disable-line',
    'secretlint-disable-next-line',
    '/* secretlint-disable */',
  ])('is not switched off by the comment %s in the text', async (comment) => {
    // A form that only secretlint's rules know.
    const secret = `https://user:${made(12)}@example.com`;
    const ordinary = await findSecrets(`x\n${secret}`);
    expect((await findSecrets(`${comment}\n${secret} ${comment}`)).length).toBe(ordinary.length);
    const linear = `lin_api_${made(40)}`;
    expect((await findSecrets(`${comment}\n${linear} ${comment}`)).length).toBe(1);
    const onepassword = `ops_${base64url({ signInAddress: 'x'.repeat(200), userAuth: 'y'.repeat(200) })}`;
    expect((await findSecrets(`${comment}\n${onepassword} ${comment}`)).length).toBe(
      (await findSecrets(`\n${onepassword}`)).length,
    );
  });

  test('spans are in order and do not overlap', async () => {
    const text = secrets.map(([, make]) => make()).join('\n');
    const spans = (await findSecrets(text)).map((finding) => finding.span!);
    for (const [index, span] of spans.entries()) expect(span.start).toBeGreaterThanOrEqual(spans[index - 1]?.end ?? 0);
  });
});

describe('redactSecrets', () => {
  test.each(secrets)('T10 invert: keeps nothing of: %s', async (_name, make) => {
    const secret = make();
    const { text } = await redactSecrets(`before ${secret} after`);
    expect(text).toMatch(/\[secret:[a-z0-9-]+\]/);
    expect(text.startsWith('before ')).toBe(true);
    // Runs of the generated random text, wherever they were.
    const random = made(93);
    for (let at = 0; at + 8 <= random.length; at += 1) expect(text).not.toContain(random.slice(at, at + 8));
    expect(text).not.toMatch(/[A-Za-z0-9+/]{40,}/);
  });

  test('leaves text without secrets as it is', async () => {
    const text = harmless.join('\n');
    expect(await redactSecrets(text)).toEqual({ text, findings: [] });
  });

  test('marks the same secret alike and others otherwise', async () => {
    const [one, other] = [made(20), made(21).slice(1)];
    const { text } = await redactSecrets(`password=${one}\npassword=${one}\npassword=${other}`, {
      markKey: new Uint8Array(32).fill(1),
    });
    const marks = [...text.matchAll(/\[secret:[^\]]+\]/g)].map(([mark]) => mark);
    expect(marks[0]).toBe(marks[1]);
    expect(marks[0]).not.toBe(marks[2]);
  });

  test('finds a secret again where its name does not stand', async () => {
    const secret = made(16);
    const { text } = await redactSecrets(`password=${secret}\nlogged in with ${secret} as admin`);
    expect(text).not.toContain(secret);
  });

  test.each([
    ['the next line', (secret: string) => `credentials:\n  password: ${secret}\n`],
    ['the same line', (secret: string) => `client_secret: "api_key": "${secret}"`],
    ['a sentence', (secret: string) => `invalid token: password: ${secret}`],
  ])('finds a secret whose name is the value of another name, on %s', async (_where, write) => {
    const secret = made(16);
    expect((await redactSecrets(write(secret))).text).not.toContain(secret);
  });

  test('redacts text that it redacted before no further', async () => {
    const parts = fc.constantFrom(
      ...secrets.map(([, make]) => make()),
      ...harmless,
      'token: "',
      'password: ',
      '--token',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 6 }), fc.constantFrom('\n', ' '), async (list, between) => {
        const { text } = await redactSecrets(list.join(between));
        expect((await redactSecrets(text)).text).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test('redacts what stands beside the mark of an earlier redaction', async () => {
    const secret = made(16);
    const { text } = await redactSecrets(`password="[secret:github-token:00ad] ${secret}"`);
    expect(text).toMatch(/^password="\[secret:github-token:00ad\]\[secret:assignment\]"$/);
  });

  test.each(['base64', 'base64url', 'hex'] as const)(
    'takes out a token in %s also beside letters that are none of ASCII',
    async (encoding) => {
      const token = ['ghp', made(36)].join('_');
      for (const words of [`für alle 🙂: ${token}`, `über ${token} hinaus`]) {
        const { text, findings } = await redactSecrets(`a ${Buffer.from(words).toString(encoding)} b`);
        expect(findings.map(({ rule }) => rule)).toEqual(['github-token']);
        expect(text).toMatch(/^a \[secret:github-token\]=* b$/u);
      }
    },
  );

  test.each<[string, (token: string) => string]>([
    ['base32', base32Of],
    ['base32 in small letters', (token) => base32Of(token).toLowerCase()],
    ['base64 of base64', (token) => Buffer.from(Buffer.from(token).toString('base64')).toString('base64')],
  ])('takes out a token in %s', async (_, encode) => {
    const encoded = encode(`token ${['ghp', made(36)].join('_')}`);
    const { text, findings } = await redactSecrets(`a ${encoded} b`);
    expect(findings.map(({ rule }) => rule)).toEqual(['github-token']);
    expect(text).toMatch(/^a \[secret:github-token\]=* b$/u);
    const harmless = `a ${encode('words that say nothing of anybody, only many')} b`;
    expect((await redactSecrets(harmless)).text).toBe(harmless);
  });

  test('takes out known values in every spelling', async () => {
    const known = 'plain words "quoted" & more/ü?';
    const bytes = Buffer.from(known);
    const spellings = [
      known,
      JSON.stringify({ a: known }),
      JSON.stringify(JSON.stringify({ a: known })),
      encodeURIComponent(known),
      bytes.toString('hex'),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      Buffer.from(`x${known}y`).toString('base64'),
      Buffer.from(`xx${known}yy`).toString('base64'),
    ];
    for (const spelling of spellings) {
      const { text, findings } = await redactSecrets(`a ${spelling} b`, { knownValues: [known] });
      expect(findings.some((finding) => finding.rule === 'known-value')).toBe(true);
      expect(text).not.toContain('plain words');
      expect(text.length).toBeLessThan(80);
    }
  });

  test('ignores known values too short to be told from words', async () => {
    expect((await redactSecrets('a note', { knownValues: ['', 'a', 'note'] })).text).toBe('a note');
  });

  test('never throws and keeps everything outside its spans, for any text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...secrets.map(([, make]) => make())))),
        async (parts) => {
          const text = parts.join(' ');
          const redacted = await redactSecrets(text);
          let expected = text;
          for (const { span } of [...redacted.findings].reverse())
            expected = `${expected.slice(0, span!.start)}\u0000${expected.slice(span!.end)}`;
          const pieces = expected.split('\u0000').filter((piece) => piece !== '');
          for (const piece of pieces) expect(redacted.text).toContain(piece);
        },
      ),
      { numRuns: 60 },
    );
  });

  // Each is quadratic in a careless expression: a test that ends is the assertion.
  test.each([
    'a',
    'password=',
    'pwd=',
    'password="a ',
    `-----BEGIN ${'PRIVATE'} KEY-----`,
    '-----BEGIN ',
    'eyJ',
    'https://a:',
    'sk-',
    '\\',
    '\n',
    'token: ',
    '--a-',
    '[secret:a:abcd]',
    '[secret:a]',
  ])('reads much of %j without hanging', async (unit) => {
    const { text } = await redactSecrets(unit.repeat(250_000 / unit.length));
    expect(text.length).toBeGreaterThan(0);
  });
});

test.each(['password', 'api_key', 'token', 'secret'])(
  'C14 adapt: what is called %s goes, an address stays',
  async (name) => {
    const value = made(16);
    for (const line of [`${name}: ${value}`, `${name}=${value}`, `${name.toUpperCase()} = "${value}"`]) {
      const { text } = await redactSecrets(`ask ada@example.com, +49 30 901820\n${line}\n`);
      expect(text).not.toContain(value.slice(0, 5));
      expect(text).toContain('ada@example.com, +49 30 901820');
    }
  },
);

test('D1 invert: nothing of a header’s key stays, however long it is', async () => {
  for (const length of [16, 24, 40]) {
    const key = made(length);
    for (const header of ['X-API-Key', 'Authorization: Bearer', 'x-api-key', 'Api-Key']) {
      const line = header.includes(':') ? `${header} ${key}` : `${header}: ${key}`;
      const { text } = await redactSecrets(`GET / HTTP/1.1\n${line}\nAccept: */*`);
      for (let at = 0; at + 5 <= key.length; at += 1) expect(text, line).not.toContain(key.slice(at, at + 5));
      expect(text).toContain('Accept: */*');
    }
  }
});

/** RFC 4648, without padding. */
function base32Of(text: string): string {
  const bits = Array.from(Buffer.from(text), (byte) => byte.toString(2).padStart(8, '0')).join('');
  const signs = bits.match(/.{1,5}/g) ?? [];
  return signs.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
