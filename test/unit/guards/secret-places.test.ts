/** Passwords of commands, SQL and cookies, hashes of passwords and keys of PuTTY; and what only looks so. Made when the test runs. */
import { describe, expect, test } from 'vitest';
import { findSecrets, redactSecrets } from '../../../guards/index.ts';
import { made } from '../../support/made-secrets.ts';

/** Letters of the password alone stand out: the rest of the line stays. */
const typed: readonly ((value: string) => string)[] = [
  (value) => `CREATE USER 'app'@'%' IDENTIFIED BY '${value}';`,
  (value) => `ALTER USER bob IDENTIFIED WITH mysql_native_password BY '${value}'`,
  (value) => `create user bob identified by "${value}"`,
  (value) => `grant all on *.* to bob identified by '${value}'`,
  (value) => JSON.stringify({ sql: `CREATE USER bob IDENTIFIED BY "${value}"` }),
  (value) => `CREATE USER bob IDENTIFIED BY ${value} QUOTA 10M ON users;`,
  (value) => `alter user bob identified by ${value}`,
  (value) => `... IDENTIFIED BY ${value};`,
  (value) => `alter user bob identified by values '${value}'`,
  (value) => `mysql -uroot -p${value} db`,
  (value) => `mysql -h db -u root -p'${value}' -e 'select 1'`,
  (value) => `mysqldump --single-transaction -u root -p${value} shop > shop.sql`,
  (value) => `mariadb-dump -p${value} shop`,
  (value) => `sshpass -p ${value} ssh root@web-1`,
  (value) => `sshpass -p'${value}' scp a b:`,
  (value) => `redis-cli -h cache -a ${value} info`,
  (value) => `mongosh -u admin -p ${value} --eval 'db.stats()'`,
  (value) => `mongodump -u admin -p "${value}"`,
  (value) => `docker login -u ci -p ${value} registry.example.com`,
  (value) => `az login --service-principal -u app -p ${value} --tenant t`,
  (value) => `ldapsearch -x -D cn=admin -w ${value} -b dc=example`,
  (value) => `sqlcmd -S db -U sa -P ${value}`,
  (value) => `Set-Cookie: session=${value}${value}; HttpOnly`,
  (value) => `< set-cookie: theme=dark; PHPSESSID=${value}`,
  (value) => `Cookie: a=1; connect.sid=${value}`,
  (value) => JSON.stringify({ headers: { 'Set-Cookie': `auth_token=${value}; Secure` } }),
  (value) => `Cookie: session_language=en-US-with-a-long-name; csrftoken=${value}; theme=dark`,
];

test.each(typed.map((write) => [write('…'), write] as const))('takes out the value alone: %s', async (_name, write) => {
  const value = made(20);
  const { text } = await redactSecrets(`run\n${write(value)}\nend`);
  const mark = /\[secret:[a-z-]+\]/.exec(text)?.[0] ?? '';
  expect(text.replaceAll(value, '')).toBe(text);
  expect(text).toContain('[secret:');
  expect(text).toBe(`run\n${write(value).replace(new RegExp(`(?:${value})+`), mark)}\nend`);
});

test('takes out every session of a cookie header, and nothing between them', async () => {
  const [one, two, three] = [made(32), made(24, undefined, 'second'), made(40, undefined, 'third')];
  const { text } = await redactSecrets(`Cookie: a=1; sid=${one}; theme=dark; auth_token=${two};jwt=${three}\nHost: x`);
  expect(text).toMatch(
    /^Cookie: a=1; sid=\[secret:[^\]]+\]; theme=dark; auth_token=\[secret:[^\]]+\];jwt=\[secret:[^\]]+\]\nHost: x$/,
  );
});

const hash = (length: number) => made(length, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./');
const dollars = (...parts: string[]) => ['', ...parts].join('$');
const forms: Readonly<Record<string, () => string>> = {
  'a shadow entry (SHA-512)': () => dollars('6', hash(16), hash(86)),
  'one with rounds': () => dollars('6', 'rounds=5000', hash(16), hash(86)),
  'one of SHA-256': () => dollars('5', hash(16), hash(43)),
  'one of yescrypt': () => dollars('y', 'j9T', hash(22), hash(43)),
  'an htpasswd entry (MD5)': () => dollars('apr1', hash(8), hash(22)),
  'one of bcrypt': () => dollars('2y', '10', hash(53)),
  'an Azure DevOps token': () => `${made(76)}AZDO${made(4)}`,
};

describe('by their form', () => {
  test.each(Object.entries(forms))('%s', async (_name, make) => {
    const secret = make();
    for (const text of [`root:${secret}:19000:0:99999:7:::`, JSON.stringify({ line: secret })])
      expect((await redactSecrets(text)).text).not.toContain(secret.slice(-20));
  });

  test.each(['\n', '\r\n', '\\n'])('a key of PuTTY, with the line end %j', async (end) => {
    const lines = [made(64), made(64, undefined, 'second'), made(30, undefined, 'third')];
    const file = [
      'PuTTY-User-Key-File-3: ssh-ed25519',
      'Encryption: none',
      'Public-Lines: 1',
      'AAAAC3NzaC1l',
      'Private-Lines: 3',
      ...lines,
      'Private-MAC: 00',
    ];
    const { text } = await redactSecrets(file.join(end));
    expect(text).toBe([...file.slice(0, 5), '[secret:putty-private-key]', 'Private-MAC: 00'].join(end));
  });
});

test.each([
  'mysql -u root -p shop',
  'mysql -uroot -p"$DB_PASSWORD" -e "show tables"',
  'mysql -P 3306 -h db',
  'mysql --protocol=tcp -h db',
  'mysqldump -u root -p > all.sql',
  'sudo find / -name mysql -print',
  'mysql -V && mkdir -p /srv/app/data',
  'sshpass -p "$PASS" ssh web-1',
  'sshpass -e ssh -p 2222 web-1',
  'sshpass -f file ssh web-1 | tee -p x.log',
  'redis-cli -a $REDIS_AUTH info',
  'docker run -p 8080:80 nginx',
  'docker login -u ci --password-stdin registry.example.com',
  'docker login -u ci -p <password>',
  'az login -p your-password',
  'ldapsearch -x -W -b dc=example',
  'Rows are identified by "name" and version.',
  "Each user is identified by 'email'.",
  'The parcel is identified by number; a user is identified by name.',
  'Rows are IDENTIFIED BY their number and version.',
  'CREATE USER app IDENTIFIED BY RANDOM PASSWORD',
  'CREATE USER app IDENTIFIED BY <password>;',
  'create user app identified by password;',
  'ALTER USER app IDENTIFIED EXTERNALLY',
  "CREATE USER app IDENTIFIED BY 'your_password'",
  'Set-Cookie: theme=dark-and-light-mode; Path=/',
  'Set-Cookie: session=; Max-Age=0',
  "text.replace(/a(b)c/, '$1$2')",
  'the price is $6$ or $5$, not $1$',
  'Private-Lines: 14',
])('does not flag: %s', async (text) => expect(await findSecrets(text)).toEqual([]));

test.each([
  'cookie: a; ',
  'cookie: a;b;c;d; ',
  '; cookie: sess=aaaaaaaaaaaaaaaaaaa1;a;b=c',
  'mysql -p',
  'grant identified by ',
  'az login ',
  'Private-Lines: 3\nAAAA\n',
])('reads much of %j without hanging', async (unit) =>
  expect((await redactSecrets(unit.repeat(20_000))).text.length).toBeGreaterThan(0),
);
