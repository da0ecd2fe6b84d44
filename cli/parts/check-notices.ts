/**
 * Whether people could be told of what waits, and of what somebody answered alone: a channel that gave up on one of these is for
 * somebody to mend.
 */
import type { Check } from '../../engine/check.ts';
import type { Store } from '../../store/store.ts';

const mostLookedAt = 100;

export async function checkNotices(store: Pick<Store, 'listNotices' | 'getAsk'>, now: number): Promise<Check> {
  const name = 'Notices';
  const waiting = new Set<string>();
  const alone = new Set<string>();
  const problems = new Set<string>();
  for (const { nonce, channel, about, problem } of await store.listNotices({ state: 'gave-up', limit: mostLookedAt })) {
    const ask = await store.getAsk(nonce);
    // That somebody answered alone is to be told also after that.
    const isOver = !ask || ask.outcome !== null || ask.deadlineAt <= now;
    if (about !== 'review' && isOver) continue;
    (about === 'review' ? alone : waiting).add(nonce);
    problems.add(`${channel}: ${problem ?? 'gave up'}`);
  }
  if (waiting.size + alone.size === 0) return { name, ok: true, detail: 'nothing that waits was given up' };
  const untold = [
    ...(waiting.size > 0 ? [`${waiting.size} waiting ${waiting.size === 1 ? 'request' : 'requests'}`] : []),
    ...(alone.size > 0 ? [`${alone.size} break-glass`] : []),
  ];
  return {
    name,
    ok: false,
    detail: `${untold.join(' and ')} not told (${[...problems].join('; ')})`,
    remedy: 'mend the channel, then countersign notices resend --all',
  };
}
