/** The runs that are mutated: branches of the road, played on a real server with a store, each exported as the program does. */
import type { Telling } from '../../../core/contracts/telling.ts';
import { verifySignature } from '../../../keys/index.ts';
import { scenarios } from '../../histories/scenarios.ts';
import { exportBytes } from '../../support/exported.ts';
import { type Harness, startHarness } from '../../support/harness.ts';
import type { KeyRegistry, Signer } from '../../../core/envelope.ts';

export interface MutableRun {
  name: string;
  workflowId: string;
  /** As its deployment has it, outside the file. */
  registry: KeyRegistry;
  /** The insider holds the key that signs exports, and no other. */
  insider: Signer;
  /** Lines of the export between header and signature. */
  parts: unknown[];
}

/** Together they have every kind of event and part that a run can leave. */
export const mutatedBranches = [
  'approve',
  'edit',
  'reset',
  'unknown-answered',
  'freeze',
  'continue-as-new',
  'refused',
  'redacted',
  'grant',
  'break-glass',
] as const;

export async function playAndExport(
  name: string,
  temporal: { address: string; namespace: string },
): Promise<MutableRun> {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new TypeError(`there is no scenario "${name}"`);
  const harness = await startHarness({ ...scenario.harness, temporal });
  try {
    const { workflowId } = await scenario.play(harness);
    await looked(harness, workflowId);
    await told(harness, workflowId);
    const bytes = await exportBytes(harness, workflowId);
    const lines = bytes.toString('utf8').trimEnd().split('\n');
    const parts = lines.slice(1, -1).map((line): unknown => JSON.parse(line));
    const keys = lines.slice(1, -1).flatMap((line) => keyOf(JSON.parse(line)));
    const own = harness.keys.signer('export');
    const known = new Map(keys.map((key) => [key.kid, key]));
    const registry = { keyByKid: (kid: string) => known.get(kid), verify: verifySignature };
    return { name, workflowId, registry, insider: own, parts };
  } finally {
    await harness.stop();
  }
}

/** As a gateway notes it: two people, one of them twice. */
async function looked({ store }: Harness, workflowId: string): Promise<void> {
  for (const { nonce, ask } of await store.listAsks({ workflowId, limit: 100 }, () => undefined)) {
    if (ask.body.verdict !== 'ask') continue;
    const { cardDigest, askedAt } = ask.body.ask;
    const key = { method: 'api-key' as const, credentialId: 'aaaaaaaaaaaa' };
    const session = { ...key, credentialId: 'bbbbbbbbbbbb', via: 'session:cccccccccccc' };
    const carol = { nonce, principal: 'carol', channel: 'web' as const, cardDigest, authenticated: session };
    await store.noteLook({ ...carol, at: askedAt + 1000 });
    await store.noteLook({ ...carol, at: askedAt + 7_200_000 });
    await store.noteLook({ ...carol, principal: 'dave', channel: 'terminal', authenticated: key, at: askedAt + 2000 });
  }
}

/** As a gateway notes it: a channel that told, reminded and told of the end, and one that gave up. */
async function told({ store }: Harness, workflowId: string): Promise<void> {
  for (const { nonce, ask, deadlineAt } of await store.listAsks({ workflowId, limit: 100 }, () => undefined)) {
    if (ask.body.verdict !== 'ask') continue;
    const { askedAt, terms } = ask.body.ask;
    const notice = {
      nonce,
      state: 'new',
      attempts: 0,
      nextAt: 0,
      place: null,
      toldAt: null,
      remindedAt: null,
    } as const;
    const note = async (channel: string, one: Pick<Telling, 'moment' | 'dueAt' | 'toldAt' | 'problem'>) => {
      const own = { ...notice, channel, problem: null };
      await store.takeNotice(own, askedAt);
      await store.saveNotice(
        { ...own, state: 'told' },
        { nonce, channel, reached: [`${channel}@example.org`], ...one },
      );
    };
    const halfWayAt = askedAt + Math.floor((deadlineAt - askedAt) / 2);
    await note('slack', { moment: 'requested', dueAt: askedAt, toldAt: askedAt + 2000, problem: null });
    await note('slack', { moment: 'reminded', dueAt: halfWayAt, toldAt: halfWayAt + 100, problem: null });
    await note('slack', { moment: 'closed', dueAt: deadlineAt, toldAt: deadlineAt + 100, problem: null });
    await note('mail', { moment: 'gave-up', dueAt: askedAt + 60_000, toldAt: askedAt + 60_000, problem: 'no route' });
    if (!terms.breakGlass) continue;
    const usedAt = askedAt + 30_000;
    await note('webhook', { moment: 'break-glass', dueAt: usedAt, toldAt: usedAt + 100, problem: null });
  }
}

function keyOf(part: { part?: unknown; key?: NonNullable<ReturnType<KeyRegistry['keyByKid']>> }) {
  return part.part === 'key' && part.key ? [part.key] : [];
}
