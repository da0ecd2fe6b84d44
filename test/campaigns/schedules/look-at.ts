/** What could be seen of a played run once it is over: requests, permits, reservations, uses of grants. */
import { digestJson } from '../../../core/digest.ts';
import { asksOf, nameOn, type Play } from './played-run.ts';

export async function lookAt(play: Play): Promise<void> {
  const { harness, run, facts } = play;
  facts.asks = (await asksOf(play)).flatMap((row) => {
    const { ask: signed, nonce, callKey, deadlineAt, outcome, kind } = row;
    if (signed.body.verdict !== 'ask' || kind !== 'call') return [];
    const { askedAt, executeWithinMs, editable } = signed.body.ask;
    const times = { askedAt, deadlineAt, executeWithinMs };
    return [{ nonce, callKey, ...times, name: nameOn(row), editable: editable !== undefined, outcome }];
  });
  facts.permits = [];
  for (const decision of await harness.store.listDecisions(run.workflowId)) {
    const { body, issuedAt } = decision;
    if (body.verdict !== 'allow' || body.purpose !== 'execute') continue;
    const { callKey, try: tryNumber, linkRunId, approval, grant } = body;
    const row = await harness.store.getFence(callKey, tryNumber);
    const reservedAt = row?.permitDigest === digestJson('decision', decision) ? row.reservedAt : null;
    const grounds = {
      nonce: approval?.nonce ?? null,
      grant: grant ? { grantId: grant.grantId, use: grant.use } : null,
    };
    facts.permits.push({ callKey, try: tryNumber, linkRunId, issuedAt, ...grounds, reservedAt });
  }
  facts.uses = [];
  for (const { grantId } of facts.grants) {
    for (const { number, callKey, try: tryNumber } of await harness.store.grantUses(grantId))
      facts.uses.push({ grantId, number, callKey, try: tryNumber });
  }
}
