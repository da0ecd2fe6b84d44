/** Whether people could be told of what waits: a channel that gave up on an open request is for somebody to mend. */
import type { Check } from '../../engine/check.ts';
import type { Store } from '../../store/store.ts';

const mostLookedAt = 100;

export async function checkNotices(store: Pick<Store, 'listNotices' | 'getAsk'>, now: number): Promise<Check> {
  const name = 'Notices';
  const open = new Set<string>();
  const problems = new Set<string>();
  for (const { nonce, channel, about, problem } of await store.listNotices({ state: 'gave-up', limit: mostLookedAt })) {
    const ask = await store.getAsk(nonce);
    // That somebody answered alone is to be told also after that.
    if (about === 'review') {
      problems.add(`${channel}, of a break-glass: ${problem ?? 'gave up'}`);
      open.add(`${nonce} review`);
      continue;
    }
    if (!ask || ask.outcome !== null || ask.deadlineAt <= now) continue;
    open.add(nonce);
    problems.add(`${channel}: ${problem ?? 'gave up'}`);
  }
  if (open.size === 0) return { name, ok: true, detail: 'nothing that waits was given up' };
  return {
    name,
    ok: false,
    detail: `${open.size} ${open.size === 1 ? 'notice' : 'notices'} of what waits or was answered alone not told (${[...problems].join('; ')})`,
    remedy: 'mend the channel, then countersign notices resend --all',
  };
}
