/** Does one step of a schedule to a real run, and notes when it was certainly begun and done. */
import { setTimeout as delay } from 'node:timers/promises';
import { keyIdOf } from '../../support/desk.ts';
import { resetRun } from '../../support/reset.ts';
import { grant, revokeGrants, vote, withdraw } from './answer.ts';
import type { Span } from './facts.ts';
import { asksOf, type Play, reached, seeEdits, signal } from './played-run.ts';
import type { Step } from './schedule.ts';

const mostSignals = 80;

export async function takeStep(play: Play, step: Step): Promise<void> {
  const { harness, facts, outage } = play;
  switch (step.kind) {
    case 'vote':
      return await vote(play, step);
    case 'withdraw':
      return await withdraw(play, step);
    case 'grant':
      return await grant(play, step);
    case 'revoke-grants':
      return await revokeGrants(play);
    case 'see-edits':
      return await seeEdits(play);
    case 'revoke': {
      const from = Date.now();
      await harness.desk.control({ kind: 'api-key-revocation', keyId: keyIdOf(play.named(step.who)), by: 'rita' });
      facts.revocations.push({ principal: play.named(step.who), from, doneAt: Date.now() });
      return;
    }
    case 'wait':
      await delay(step.ms);
      return;
    case 'pass-deadline': {
      const latest = Math.max(0, ...(await asksOf(play)).map(({ deadlineAt }) => deadlineAt));
      if (latest > Date.now()) await delay(latest - Date.now() + 30);
      return;
    }
    case 'cancel':
      if (await reached(() => harness.door.cancel(play.run.workflowId)))
        facts.cancellations.push({ acceptedAt: Date.now() });
      return;
    case 'worker-down':
      if (!play.workerIsUp) return;
      play.workerIsUp = false;
      facts.workerOutages.push({ from: Date.now(), to: null });
      await harness.stopWorker();
      return;
    case 'worker-up':
      if (play.workerIsUp) return;
      play.workerIsUp = true;
      await harness.startWorker();
      close(facts.workerOutages);
      return;
    case 'store-down':
      if (!play.storeIsUp) return;
      play.storeIsUp = false;
      facts.storeOutages.push({ from: Date.now(), to: null });
      outage.begin();
      return;
    case 'store-up':
      if (play.storeIsUp) return;
      play.storeIsUp = true;
      close(facts.storeOutages);
      outage.end();
      return;
    case 'freeze': {
      if (facts.freezes.at(-1)?.thawFrom === null) return;
      const from = Date.now();
      await harness.desk.control({ kind: 'freeze', by: 'rita', reason: 'a schedule' });
      facts.freezes.push({ from, doneAt: Date.now(), thawFrom: null });
      await signal(play, 'control', { about: 'freeze' });
      return;
    }
    case 'thaw': {
      const frozen = facts.freezes.at(-1);
      if (frozen?.thawFrom !== null) return;
      frozen.thawFrom = Date.now();
      await harness.desk.control({ kind: 'thaw', by: 'rita', reason: 'a schedule' });
      await signal(play, 'control', { about: 'thaw' });
      return;
    }
    case 'reset':
      return await reset(play, step.point);
    case 'new-link':
      return await makeNewLink(play);
  }
}

async function reset(play: Play, point: Extract<Step, { kind: 'reset' }>['point']): Promise<void> {
  const { harness, facts, run } = play;
  const from = Date.now();
  for (const wanted of [point, 'the-end'] as const) {
    try {
      const newLinkRunId = await resetRun(harness.door, run.workflowId, wanted);
      facts.resets.push({ from, doneAt: Date.now(), newLinkRunId });
      return;
    } catch {
      // The history has no such point, or the run ends at this very moment: then the next one, or none.
    }
  }
}

/** Junk fills the history until the link ends by itself. */
async function makeNewLink(play: Play): Promise<void> {
  if (!play.workerIsUp) return;
  const before = await newestLink(play);
  for (let sent = 0; sent < mostSignals; sent += 1) {
    if (!(await signal(play, 'vote', { junk: sent })) || (await newestLink(play)) !== before) return;
  }
}

async function newestLink({ harness, run }: Play): Promise<string> {
  return (await harness.door.client.workflow.getHandle(run.workflowId).describe()).runId;
}

function close(spans: Span[]): void {
  const last = spans.at(-1);
  if (last) last.to = Date.now();
}
