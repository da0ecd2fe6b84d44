/** The network and path cases of the seeds that are about form (security.md §1.2–1.4), by their ids, and addresses in disguise. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { checkPath, checkUrl, isPublicAddress } from '../../../guards/index.ts';
import { isBelow } from '../../../guards/paths/check-path.ts';
import { isListed, readAllowList } from '../../../guards/url/host-names.ts';

const listed = ['example.com', '*.svc.local'];
const schemes = ['https:', 'http:'];
const allows = (url: string, allow: string[] = listed): boolean =>
  checkUrl(url, { allow, schemes, ports: [443, 80] }).length === 0;

describe('the allow-list of hosts', () => {
  it('N1 port: allows hosts and what is below them, in any spelling', () => {
    const urls = ['example.com', 'api.example.com', 'https://service.svc.local/query', 'SERVICE.SVC.LOCAL:443'];
    expect(urls.filter((url) => !allows(url))).toEqual([]);
  });

  it('N2 port: denies others, and nothing at all', () => {
    expect(['other.com', '', '   '].filter((url) => allows(url))).toEqual([]);
  });

  it.each(['.example.com', 'a..example.com', 'https://.example.com/'])(
    'takes no name with an empty label: %s',
    (url) => {
      expect(allows(url)).toBe(false);
    },
  );

  it('N3 port: keeps an entry once', () => {
    expect(readAllowList([...listed, 'EXAMPLE.com', ''])).toEqual(listed);
  });

  it('N4 invert: a suffix is one of whole labels', () => {
    expect(['evilsvc.local', 'evilexample.com', 'example.com.evil.com'].filter((host) => allows(host))).toEqual([]);
    expect(isListed('evilanthropic.com', ['*.anthropic.com'])).toBe(false);
    expect(isListed('anthropic.com', ['*.anthropic.com'])).toBe(false);
    expect(isListed('svc.local', listed)).toBe(false);
  });

  it('S16 adapt: localhost only if it is listed', () => {
    expect(allows('http://localhost/')).toBe(false);
    expect(allows('http://localhost/', ['localhost'])).toBe(true);
    expect(checkUrl('http://localhost/')).not.toEqual([]);
  });

  it('no host that is not below an entry passes, whatever it is', () => {
    fc.assert(
      fc.property(fc.domain(), (host) => {
        expect(isListed(host, ['example.com'])).toBe(
          host.toLowerCase() === 'example.com' || host.toLowerCase().endsWith('.example.com'),
        );
      }),
    );
  });
});

describe('a URL in disguise is found', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/',
    'http://100.64.0.1/',
    'http://192.168.1.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://user:pass@example.com/',
    'http://example.com@127.0.0.1/',
    'https://example.com:8443/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'gopher://example.com/',
    'http://ex\u0430mple.com/',
    'http://example\u200b.com/',
    'http://exam\tple.com/',
    'http:\\\\example.com',
    'http://134744072/',
    'http://0x8080808/',
    'http://8.8.2056/',
    'http://127.0.0.1.nip.io/',
    'http://metadata.google.internal/',
    'http://localhost./',
    'https://.example.com/',
    'https://example..com/',
    '//127.0.0.1/',
  ])('%s', (url) => expect(checkUrl(url)).not.toEqual([]));

  test.each([
    'https://example.com/',
    'https://example.com/a?b=c#d',
    'http://93.184.215.14/',
    'https://xn--mnchen-3ya.de/',
    'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/',
  ])('and a plain one is none: %s', (url) => expect(checkUrl(url)).toEqual([]));
});

it('only unicast addresses are public, whatever form they take', () => {
  for (const address of ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])
    expect(isPublicAddress(address), address).toBe(true);
  for (const address of ['::', '::1', '0.0.0.0', '192.0.2.1', '::7f00:1', 'fe80::1%eth0', 'localhost', '', '1.2.3']) {
    expect(isPublicAddress(address), address).toBe(false);
  }
});

it.each([
  ['translated by NAT64', '64:ff9b::7f00:1'],
  ['translated by a NAT64 of the network’s own', '64:ff9b:1::7f00:1'],
  ['translated by a prefix that nobody gave out', '4000::7f00:1'],
  ['IPv4-translated', '::ffff:0:7f00:1'],
  ['IPv4-mapped', '::ffff:10.0.0.1'],
  ['6to4', '2002:a00:1::'],
  ['Teredo', '2001:0:7f00:1::'],
  ['ISATAP', '2606:4700::5efe:a00:1'],
  ['ISATAP with the universal bit', '2606:4700::200:5efe:a00:1'],
  ['site-local as it once was', 'fec0::1'],
  ['for documentation', '3fff::1'],
  ['to be thrown away', '100:0:0:1::1'],
  ['given out to nobody', '1::1'],
  ['Azure’s wire server', '168.63.129.16'],
  ['Azure’s wire server, mapped', '::ffff:168.63.129.16'],
  ['Alibaba’s metadata service', '100.100.100.200'],
  ['Amazon’s metadata service in IPv6', 'fd00:ec2::254'],
  ['for benchmarks', '198.18.0.1'],
])('an address that is %s is not public: %s', (_, address) => {
  expect(isPublicAddress(address)).toBe(false);
});

const rooted = (path: string, roots = ['/srv/root']): boolean => checkPath(path, { roots }).length === 0;

describe('paths by their form', () => {
  it('S1 port: a file below a root, and the root itself', () => {
    expect(rooted('/srv/root/a.txt') && rooted('/srv/root')).toBe(true);
  });

  it('S2 port: outside is denied, until that root is added', () => {
    expect(rooted('/srv/other/a')).toBe(false);
    expect(rooted('/srv/other/a', ['/srv/root', '/srv/other'])).toBe(true);
  });

  it('S3 port: a blank path', () => {
    expect(checkPath('  ')).toMatchObject([{ rule: 'empty-path' }]);
  });

  it('S4 port: climbing out', () => {
    expect(rooted('../../../etc/passwd')).toBe(false);
    expect(checkPath('../../../etc/passwd')).toMatchObject([{ rule: 'climbs-out' }]);
  });

  it('S5 port: a relative path below the root', () => {
    expect(rooted('src/a.ts')).toBe(true);
  });

  it('S6 port: a sibling whose name begins alike', () => {
    expect(rooted('/srv/root2/a') || rooted('/srv/root-old')).toBe(false);
  });

  it('S7 port: up within the path', () => {
    expect(rooted('work/../../secret.txt') || rooted('/srv/root/../etc/passwd')).toBe(false);
    expect(rooted('/srv/root/a/../b')).toBe(true);
  });

  it('S11 port: below is by whole components, and nothing is below an empty root', () => {
    expect([isBelow('/a/b', '/a'), isBelow('/a', '/a'), isBelow('/a/b/c', '/a/')]).toEqual([true, true, true]);
    expect([isBelow('/ab', '/a'), isBelow('/a', ''), isBelow('/a', '  ')]).toEqual([false, false, false]);
  });

  it('R4 port: more components than the limit', () => {
    expect(checkPath('a/b/c', { maximumDepth: 2 })).toMatchObject([{ rule: 'too-deep' }]);
    expect(checkPath('a/b', { maximumDepth: 2 })).toEqual([]);
  });

  it('refuses what no system opens for its length in bytes, and looks at nothing else of it', () => {
    for (const path of ['../'.repeat(400_000), 'a://b:c'.repeat(200_000), `/srv/${'a/'.repeat(2100)}`])
      expect(checkPath(path, { roots: ['/srv'] }).map(({ rule }) => rule)).toEqual(['too-long']);
    // Short enough in units, of which a letter with an accent is two bytes.
    const twoBytes = `${Array.from({ length: 2048 }, () => 'é').join('/')}`;
    expect(checkPath(twoBytes, { maximumDepth: 5000 })).toMatchObject([{ rule: 'too-long' }]);
  });

  it('R7 adapt: the root folder is a path, where it is allowed', () => {
    expect(rooted('/', ['/'])).toBe(true);
    expect(rooted('/')).toBe(false);
  });

  test.each([
    'a\0b',
    'a\u001bb',
    'a\u200bb',
    'a\uFF0Fb',
    '..\\a',
    'file:///etc/shadow',
    'FILE://a',
    'C:\\a',
    'a/%2e%2e/b',
    '..%c0%afb',
    '%C0%AE%c0%ae/b',
    '..%e0%80%afb',
    '%u002e%u002e/b',
    '%uff0e%uff0e/b',
    '..%u2215b',
    '%ef%bc%8e%ef%bc%8e/b',
    '..%%32%66b',
    '0x2e0x2e0x2fb',
    '..0x2fb',
    '..../b',
    'a/.../b',
    'a/.. /b',
    'a/ ../b',
    ' ../x',
    ' /etc/passwd',
    '\u00A0/etc/passwd',
    'notes.md ',
    'a/. ./b',
    'a/..\u3000/b',
    'a/..;x=1/b',
    'a%0ab',
    '~/a',
    '$HOME/a',
    'a`b`',
    '/proc/self/environ',
    '/dev/sda',
    '.ssh/id_rsa',
    '.env',
    '.ENV',
    '.SSH/ID_RSA',
    '/ETC/SHADOW',
  ])('finds %j', (path) => expect(checkPath(path, { roots: ['/'] })).not.toEqual([]));

  test.each([
    ['/proc/1/status', 'system-place'],
    ['/proc', 'system-place'],
    ['/sys/power/state', 'system-place'],
    ['/dev/null', 'system-place'],
    ['/PROC/1/mem', 'system-place'],
    ['/Dev/rdisk0', 'system-place'],
    ['/ETC/CRON.D/x', 'guarded-place'],
    ['.BASHRC', 'guarded-place'],
    ['.Git/hooks/pre-commit', 'guarded-place'],
    ['/ETC/SHADOW', 'secret-place'],
    ['.\u017Fsh/id_rsa', 'secret-place'],
    ['/\u017Fy\u017F/power', 'system-place'],
  ])('%j is told as %s, in whatever case it is written', (path, rule) => {
    expect(checkPath(path, { roots: ['/'] }).map((finding) => finding.rule)).toContain(rule);
  });

  test.each([
    'a/0x2e.log',
    'done-100%.txt',
    'wait...txt',
    'a/b...',
    'a b.c',
    'a/.b c',
    '.gitignore',
    '.a\u017F\u017F\u212A',
    'a/%7Euser',
  ])('leaves alone: %j', (path) => expect(checkPath(path)).toEqual([]));
});
