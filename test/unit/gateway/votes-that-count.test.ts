/** What people are told of how many have approved: votes that count for nothing are named, and nobody takes theirs for the last one needed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nonceOf } from '../../support/signed-objects.ts';
import { policyText, startWorld, type World } from './gateway-world.ts';

let world: World;
let eve: string;
let eveAdmin: string;
let carol: string;
beforeEach(async () => {
  world = await startWorld();
  world.policyDigest = await world.store.putBody(
    policyText.replace('approvals:', 'people: { eve: [eve, eve-admin] }\napprovals:'),
  );
  [eve, eveAdmin, carol] = [await world.key('eve'), await world.key('eve-admin'), await world.key('carol')];
  await world.ask(1, { terms: { quorum: 3 } });
  world.door.voteStatuses = Array.from({ length: 6 }, () => ({ status: 'applied', outcome: null }));
});
afterEach(async () => await world.close());

const path = `/v1/approvals/${nonceOf(1)}`;

async function vote(key: string, verdict = 'approve') {
  const { body } = await world.call('GET', path, { key });
  world.clock.at += 1;
  const vote = { verdict, cardDigest: body['cardDigest'] };
  return (await world.call('POST', `${path}/votes`, { key, body: vote })).body;
}

/** The line of the card, and why each vote counts for nothing. */
async function shown() {
  const { body } = await world.call('GET', path, { key: carol });
  const votes = body['votes'] as { principal: string; uncounted?: string }[];
  const [line = ''] = /\d of 3 approvals so far/.exec(String(body['text'])) ?? [];
  return { line, uncounted: votes.flatMap(({ uncounted }) => uncounted ?? []) };
}

describe('an approval', () => {
  it('under another name of one person is a duplicate, and one of the two counts', async () => {
    expect(await vote(eve)).toMatchObject({ status: 'applied' });
    const second = await vote(eveAdmin);
    expect(second).toMatchObject({ status: 'duplicate', first: { principal: 'eve', verdict: 'approve' } });
    expect(second['reason']).toContain('as "eve"');
    expect(await shown()).toEqual({
      line: '1 of 3 approvals so far',
      uncounted: ['the same person approved it as eve'],
    });
  });

  it('under another name counts where the first was taken back', async () => {
    await vote(eve);
    world.clock.at += 1;
    await world.call('POST', `${path}/withdrawals`, { key: eve, body: {} });
    expect(await vote(eveAdmin)).toMatchObject({ status: 'applied' });
    expect((await shown()).line).toBe('1 of 3 approvals so far');
  });

  it('whose key was revoked since is none', async () => {
    await vote(carol);
    await vote(eve);
    expect((await shown()).line).toBe('2 of 3 approvals so far');
    const admin = await world.key('root');
    await world.call('DELETE', `/v1/keys/${eve.slice(3, 15)}`, { key: admin });
    const after = await shown();
    expect(after.line).toBe('1 of 3 approvals so far');
    expect(after.uncounted).toEqual([expect.stringContaining('revoked')]);
  });

  it('is said so in lists, too', async () => {
    await vote(eve);
    await vote(eveAdmin);
    const { body } = await world.call('GET', '/v1/approvals', { key: carol });
    const [listed] = body['approvals'] as { text: string }[];
    expect(listed?.text).toContain('1 of 3 approvals so far');
  });
});
