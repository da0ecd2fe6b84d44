/** A gateway with a request whose terms let a chief answer alone, and the permit that a gate records of it. */
import type { PermitBody } from '../../../core/contracts/decision.ts';
import { digestJson } from '../../../core/digest.ts';
import { activatePack } from '../../../gateway/index.ts';
import type { AskRow } from '../../../store/store.ts';
import { aPermit, linkOf } from '../../support/signed-objects.ts';
import { type Answer, packToActivate, policyText, startWorld, type World, type WorldOptions } from './gateway-world.ts';

export const hourMs = 3_600_000;
export const breakGlassTerms = { quorum: 2, breakGlass: { role: 'chief', perDay: 1, reviewWithinMs: hourMs } };

export async function startBreakGlassWorld(
  options: WorldOptions = {},
): Promise<{ world: World; ask: AskRow; mia: string }> {
  const world = await startWorld(options);
  const policy = policyText
    .replace('operator: {}', 'operator: {}\n  chief: {}')
    .replace('approvals:', 'people: { mia: [mia, mia-oncall], bob: [bob, bob-admin] }\napprovals:');
  const pack = packToActivate({}, policy);
  await activatePack(world.options, pack, 'ann');
  world.policyDigest = pack.policyDigest;
  world.packDigest = pack.packDigest;
  const ask = await world.ask(1, { terms: breakGlassTerms });
  return { world, ask, mia: await world.key('mia', { roles: ['chief'] }) };
}

export async function breakGlass(
  world: World,
  row: AskRow,
  key: string,
  changes: Record<string, unknown> = {},
): Promise<Answer> {
  const { body: ask } = row.ask;
  const cardDigest = ask.verdict === 'ask' ? ask.ask.cardDigest : '';
  const said = { reason: 'the site is down', confirmation: 'restart_service' };
  const body = { verdict: 'break-glass', cardDigest, ...said, ...changes };
  return await world.call('POST', `/v1/approvals/${row.nonce}/votes`, { key, body });
}

/** What the gate records of it. */
export async function recordPermit(world: World, row: AskRow): Promise<void> {
  const [stored] = await world.store.votesByNonce(row.nonce);
  if (!stored) throw new TypeError('nobody voted');
  const linkRunId = linkOf(1);
  const { body } = aPermit({ callKey: row.callKey, linkRunId }, row.nonce);
  const { principal, castAt } = stored.vote.body;
  const broken = { by: principal, role: 'chief', voteDigest: stored.digest, reviewDueAt: castAt + hourMs };
  const { approval } = body as PermitBody;
  const approved = { ...approval, askDigest: row.askDigest, voteDigests: [stored.digest], breakGlass: broken };
  const permit = { ...body, pass: 2, approval: approved } as PermitBody;
  const decision = world.seal('decision', permit, world.keys, castAt);
  await world.store.recordDecision(
    {
      key: { callKey: row.callKey, try: 1, purpose: 'execute', pass: 2, linkRunId },
      decision,
      digest: digestJson('decision', decision),
      turn: 1,
      ask: null,
      closes: { nonce: row.nonce, outcome: 'approved', at: castAt },
      denial: null,
      admit: null,
      breakGlass: { names: [principal], perDay: 1 },
    },
    { runEpoch: 0 },
  );
}
