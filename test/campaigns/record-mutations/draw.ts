/**
 * Draws mutations over all fields of all parts: every field of every kind comes up before any comes up again, so that what is
 * rare in a run is changed as often as what is everywhere.
 */
import type { Random } from '../frame/random.ts';
import { type Change, changeField, changeParts, fieldChanges, partChanges } from './mutate.ts';
import type { MutableRun } from './runs.ts';
import { type Site, sitesOf } from './sites.ts';

export interface Mutation {
  /** `<number>` in the order of the draw. */
  id: string;
  run: MutableRun;
  parts: unknown[];
  where: string;
  /** Empty for a change of whole parts. */
  field: string;
  change: Change;
}

interface Target {
  run: MutableRun;
  site: Site;
}

export function* drawMutations(runs: readonly MutableRun[], count: number, random: Random): Generator<Mutation> {
  const fields = groupsOf(runs);
  const names = random.shuffle([...fields.keys()].toSorted());
  for (let drawn = 0, round = 0; drawn < count; round += 1) {
    const own = random.fork(String(round));
    // One in eight changes whole parts.
    const mutation =
      own.next() < 1 / 8 ? drawPart(runs, own) : drawField(fields.get(names[round % names.length] ?? '') ?? [], own);
    if (!mutation) continue;
    drawn += 1;
    yield { ...mutation, id: String(drawn) };
  }
}

function groupsOf(runs: readonly MutableRun[]): Map<string, Target[]> {
  const groups = new Map<string, Target[]>();
  for (const run of runs) {
    for (const site of sitesOf(run.parts)) {
      const name = `${site.where}: ${site.field}`;
      const group = groups.get(name) ?? [];
      group.push({ run, site });
      groups.set(name, group);
    }
  }
  return groups;
}

function drawField(targets: readonly Target[], random: Random): Omit<Mutation, 'id'> | undefined {
  const { run, site } = random.pick(targets);
  const change = random.pick(fieldChanges);
  const others = targets.flatMap((one) => (one.run === run && one.site !== site ? [one.site] : []));
  const parts =
    changeField(run.parts, site, change, others, random) ?? changeField(run.parts, site, 'edit', [], random);
  return parts && { run, parts, where: site.where, field: site.field, change };
}

function drawPart(runs: readonly MutableRun[], random: Random): Omit<Mutation, 'id'> | undefined {
  const run = random.pick(runs);
  const change = random.pick(partChanges);
  const index = random.integer(0, run.parts.length - 1);
  const parts = changeParts(run.parts, index, change, random);
  const where = sitesOf([run.parts[index]])[0]?.where ?? '';
  return parts && { run, parts, where: change === 'tail-cut' ? 'event' : where, field: '', change };
}
