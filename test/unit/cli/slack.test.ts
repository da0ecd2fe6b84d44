/** `slack`: which Slack users are which people, and taking one away without hitting another. */
import { expect, test } from 'vitest';
import { runCli, startFakeGateway } from './run-cli.ts';

const ann = {
  enterpriseId: null,
  teamId: 'T1',
  userId: 'U0ANN',
  principal: 'ann',
  keyId: 'abcdefghijkl',
  stands: true,
};
const others = { ...ann, enterpriseId: 'E1', teamId: 'T2', principal: 'zoe', stands: false };

async function gatewayWith(...identities: object[]) {
  const gateway = await startFakeGateway();
  gateway.on('GET', '/v1/slack/identities', () => ({ identities }));
  for (const team of ['T1', 'T2']) gateway.on('DELETE', `/v1/slack/identities/${team}/U0ANN`, () => undefined);
  return {
    gateway,
    removed: () => gateway.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path),
  };
}

test('list says whose clicks count, and whose do not', async () => {
  const { gateway } = await gatewayWith(ann, others);
  expect((await runCli(['slack', 'list'], gateway)).stdout).toBe(
    'U0ANN  T1  ann  by key abcdefghijkl\nU0ANN  E1/T2  zoe  does not count: key abcdefghijkl does not stand\n',
  );
});

test('remove takes the one user away', async () => {
  const { gateway, removed } = await gatewayWith(ann);
  expect(await runCli(['slack', 'remove', 'U0ANN'], gateway)).toMatchObject({ exit: 0 });
  expect(removed()).toEqual(['/v1/slack/identities/T1/U0ANN']);
});

test('remove takes none of several, and the one whose workspace is named, with its enterprise', async () => {
  const { gateway, removed } = await gatewayWith(ann, others);
  const { exit, stderr } = await runCli(['slack', 'remove', 'U0ANN'], gateway);
  expect(exit).not.toBe(0);
  expect(stderr).toContain('name it with --team');
  expect(removed()).toEqual([]);
  await runCli(['slack', 'remove', 'U0ANN', '--team', 'T2'], gateway);
  expect(removed()).toEqual(['/v1/slack/identities/T2/U0ANN?enterpriseId=E1']);
});

test.each([['U0BOB'], ['u0ann'], ['<@U0ANN>']])('remove %s finds nobody', async (user) => {
  const { gateway, removed } = await gatewayWith(ann);
  const { exit, stderr } = await runCli(['slack', 'remove', user], gateway);
  expect(exit).toBe(3);
  expect(stderr).toContain('nobody is enrolled so');
  expect(removed()).toEqual([]);
});
