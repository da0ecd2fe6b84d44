/** `policy publish | activate | rollback | status` as they are typed, against the real gateway: bad input, exit codes, two people. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../gateway/gateway-world.ts';
import { runCli } from './run-cli.ts';

let world: World;
let url: string;
let folder: string;
let ann: string;
beforeEach(async () => {
  [world, folder] = [await startWorld(), await mkdtemp(join(tmpdir(), 'countersign-orders-'))];
  url = await world.app.listen({ port: 0, host: '127.0.0.1' });
  ann = await world.key('ann');
});
afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const rule = (id: string, effect: string) => `  - { id: ${id}, reason: r, effect: ${effect}, tools: ["*"] }\n`;
const head = 'version: 1\napprovals: { default: { approvers: { principals: [bob] }, deadline: 10m } }\n';
const loose = `${head}rules:\n${rule('all', 'allow')}`;
const strict = `${loose}${rule('no', 'deny')}`;
const organisation = `${loose}layers: { loosening: two-people, teams: { sre: { agents: [ops] } } }\n`;

async function cli(key: string, ...argv: string[]) {
  return await runCli(['policy', ...argv], { environment: { COUNTERSIGN_URL: url, COUNTERSIGN_API_KEY: key } });
}
async function publish(text: string): Promise<string> {
  const path = join(folder, 'policy.yaml');
  await writeFile(path, text);
  const { exit, stdout, stderr } = await cli(ann, 'publish', path);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.any(String) });
  expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/u);
  return stdout.trim();
}

describe('policy orders', () => {
  it('withdraw takes a proposal back, leaves in force what is, and has nothing to do a second time', async () => {
    const bob = await world.key('bob');
    await cli(ann, 'activate', await publish(organisation), '--layer', 'organisation');
    const [narrow, wide] = [await publish(strict), await publish(loose)];
    await cli(ann, 'activate', narrow, '--layer', 'team:sre');
    expect((await cli(ann, 'activate', wide, '--layer', 'team:sre')).exit).toBe(5);
    const withdrawn = await cli(bob, 'withdraw', '--layer', 'team:sre');
    expect(withdrawn).toMatchObject({ exit: 0 });
    expect(withdrawn.stdout).toBe(`team:sre: ${wide}, proposed by ann, is withdrawn; ${narrow} stays in force\n`);
    const status = (await cli(ann, 'status')).stdout;
    expect(status).toMatch(new RegExp(`team:sre +enforce +${narrow}\n`, 'u'));
    expect(status).not.toContain('proposed');
    // What a second person orders afterwards is a first order again.
    expect((await cli(bob, 'activate', wide, '--layer', 'team:sre')).exit).toBe(5);
    await cli(bob, 'withdraw', '--layer', 'team:sre');
    expect(await cli(bob, 'withdraw', '--layer', 'team:sre')).toMatchObject({ exit: 3 });
    const reader = await world.key('eve', { scopes: ['runs:read'] });
    expect(await cli(reader, 'withdraw', '--layer', 'team:sre')).toMatchObject({ exit: 4 });
  });

  it('publish puts nothing in force; activate and rollback do, and status says so', async () => {
    const [first, second] = [await publish(strict), await publish(`${strict}${rule('more', 'deny')}`)];
    expect((await cli(ann, 'status')).stdout).not.toContain('team:sre');
    const activated = await cli(ann, 'activate', first, '--layer', 'team:sre');
    expect(activated).toMatchObject({ exit: 0, stdout: `team:sre: ${first} is in force\n` });
    expect((await cli(ann, 'activate', first, '--layer', 'team:sre')).stdout).toContain('was in force already');
    await cli(ann, 'activate', second, '--layer', 'team:sre');
    const shadow = await cli(ann, 'activate', first, '--layer', 'team:sre', '--shadow', '--json');
    expect(JSON.parse(shadow.stdout)).toMatchObject({ layer: 'team', name: 'sre', status: 'activated', before: null });
    const { stdout } = await cli(ann, 'status');
    expect(stdout).toMatch(new RegExp(`team:sre +enforce +${second}\n`, 'u'));
    expect(stdout).toMatch(new RegExp(`team:sre +shadow +${first}\n`, 'u'));
    expect(await cli(ann, 'rollback', '--layer', 'team:sre')).toMatchObject({
      exit: 0,
      stdout: `team:sre: ${first} is in force\n`,
    });
    const again = ['activate', first, '--layer', 'team:sre', '--shadow'];
    expect((await cli(ann, ...again)).stdout).toBe(`team:sre: ${first} was in shadow already\n`);
    const ended = await cli(ann, 'activate', 'none', '--layer', 'team:sre', '--shadow');
    expect(ended.stdout).toBe('team:sre: no policy is in shadow\n');
  });

  it('a loosening is a proposal until a second person orders the same, and says what may be looser', async () => {
    const [wide, narrow] = [await publish(loose), await publish(strict)];
    await cli(ann, 'activate', await publish(organisation), '--layer', 'organisation');
    await cli(ann, 'activate', narrow, '--layer', 'team:sre');
    const order = ['activate', wide, '--layer', 'team:sre'];
    const proposed = await cli(ann, ...order);
    expect(proposed.exit).toBe(5);
    expect(proposed.stdout).toContain('a second person has to order the same');
    expect(proposed.stdout).toContain('looser rules.no');
    expect((await cli(ann, ...order)).stdout).toContain('proposed');
    expect((await cli(ann, 'status')).stdout).toMatch(new RegExp(`team:sre +proposed ${wide} by ann`, 'u'));
    const puppet = await cli(await world.key('puppet', { mintedBy: 'ann' }), ...order);
    expect(puppet.stdout).toContain("no second person's: ann proposed the same");
    expect((await cli(await world.key('robot', { person: false }), ...order)).exit).not.toBe(0);
    expect((await cli(await world.key('bob'), ...order)).stdout).toContain(`${wide} is in force`);
    const { active, proposals } = JSON.parse((await cli(ann, 'status', '--json')).stdout) as Record<string, unknown[]>;
    expect(active).toContainEqual({ layer: 'team', name: 'sre', mode: 'enforce', policyDigest: wide });
    expect(proposals).toEqual([]);
  });

  it.each([
    [
      'a digest of another form',
      2,
      ['activate', 'sha256:1', '--layer', 'organisation'],
      'sha256:<64 hex digits> or none',
    ],
    ['a digest of nothing', 3, ['activate', `sha256:${'0'.repeat(64)}`, '--layer', 'organisation'], 'publish it first'],
    ['a layer that is none', 2, ['activate', 'none', '--layer', 'group:sre'], 'team:<name>'],
    ['no layer', 2, ['activate', 'none'], '--layer'],
    ['no digest', 2, ['activate', '--layer', 'organisation'], "missing required argument 'digest'"],
    ['a pack without a policy', 2, ['activate', 'none', '--layer', 'pack:ops'], 'a pack always has a policy'],
    ['a file that is not there', 3, ['publish', 'no-such-file.yaml'], 'no-such-file.yaml'],
    ['nothing to go back to', 3, ['rollback', '--layer', 'team:sre'], 'no other version was ever active'],
  ] as const)('%s is refused with exit %i', async (_, exit, argv, says) => {
    const result = await cli(ann, ...argv);
    expect(result).toMatchObject({ exit, stdout: '', stderr: expect.stringContaining(says) });
  });

  it('a policy that does not load is refused before it is sent, a key without the scope by the gateway', async () => {
    const path = join(folder, 'bad.yaml');
    await writeFile(path, `${head}limts: {}\nrules: []\n`);
    expect(await cli(ann, 'publish', path)).toMatchObject({ exit: 2, stderr: expect.stringContaining(`${path}:3:1`) });
    await writeFile(path, `${loose}# ${'x'.repeat(500_000)}\n`);
    expect(await cli(ann, 'publish', path)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('at most 500000'),
    });
    const reader = await world.key('eve', { scopes: ['runs:read'] });
    await writeFile(path, loose);
    const refused = await cli(reader, 'publish', path);
    expect(refused.exit).not.toBe(0);
    expect(refused.stderr).toContain('control:write');
  });
});
