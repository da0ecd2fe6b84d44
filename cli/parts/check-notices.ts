/** Whether people could be told of what waits: a channel that gave up on an open request is for somebody to mend. */
import type { Check } from '../../engine/check.ts';
import type { Store } from '../../store/store.ts';

const mostLookedAt = 100;

export async function checkNotices(store: Pick<Store, 'listNotices' | 'getAsk'>, now: number): Promise<Check> {
  const name = 'Notices';
  const open = new Set<string>();
  const problems = new Set<string>();
  for (const { nonce, channel, problem } of await store.listNotices({ state: 'gave-up', limit: mostLookedAt })) {
    const ask = await store.getAsk(nonce);
    if (!ask || ask.outcome !== null || ask.deadlineAt <= now) continue;
    open.add(nonce);
    problems.add(`${channel}: ${problem ?? 'gave up'}`);
  }
  if (open.size === 0) return { name, ok: true, detail: 'nothing that waits was given up' };
  return {
    name,
    ok: false,
    detail: `${open.size} waiting ${open.size === 1 ? 'request' : 'requests'} not told (${[...problems].join('; ')})`,
    remedy: 'mend the channel, then countersign notices resend --all',
  };
}
