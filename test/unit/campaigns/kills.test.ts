/** The killing is judged: each kill comes after its steps, and the database is read between death and restart. */
import { describe, expect, it } from 'vitest';
import { areInVain, killRepeatedly, startedBy } from '../../campaigns/crashes/kills.ts';
import { createRandom } from '../../campaigns/frame/random.ts';
import { parts } from '../../campaigns/frame/world.ts';

describe('kills', () => {
  it('come one after the other, each judged while everything that was killed is dead', async () => {
    const seen: string[] = [];
    let activity = 0;
    const killed = await killRepeatedly({
      count: 3,
      random: createRandom(1),
      activity: () => (activity += 1),
      effects: () => (activity += 1),
      before: async (number) => seen.push(`before ${number}`) < 5,
      kill: async (which) => {
        seen.push(which.every((part) => parts.includes(part)) ? 'kill' : 'kill of something else');
      },
      whileDead: () => void seen.push('dead'),
      startMissing: async () => void seen.push('start'),
    });
    const one = ['kill', 'dead', 'start'];
    expect(seen).toEqual(['before 0', ...one, 'before 1', ...one, 'before 2', ...one]);
    expect(Object.values(killed.byKind).reduce((sum, count) => sum + count)).toBe(3);
    expect(killed).toMatchObject({ hits: 1, quiet: 0 });
  });

  it('that met no effect prove nothing, where they are many', () => {
    const byKind = { worker: 10, gateway: 5, engine: 3, all: 2 };
    expect(areInVain({ byKind, afterEffect: 0 })).toBe(true);
    expect(areInVain({ byKind, afterEffect: 1 })).toBe(false);
    expect(areInVain({ byKind: { ...byKind, all: 1 }, afterEffect: 0 })).toBe(false);
  });

  it('find all runs started before the last of them', () => {
    expect(startedBy(0, 100, 32)).toBe(16);
    expect(startedBy(99, 100, 32)).toBe(32);
  });
});
