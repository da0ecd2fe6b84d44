/**
 * Draws mutations over all fields of all parts: every field of every kind comes up before any comes up again, so that what is
 * rare in a run is changed as often as what is everywhere.
 */
import type { Random } from '../frame/random.ts';
import { type Addition, additionsOf } from './additions.ts';
import {
  type Change,
  changeField,
  changeParts,
  type FieldChange,
  fieldChanges,
  partChanges,
  replaceAt,
  valueOfSite,
} from './mutate.ts';
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
  /** By how much a time was moved, ms; null for anything but a time. */
  movedMs: number | null;
}

type Drawn = Omit<Mutation, 'id'>;

interface Target {
  run: MutableRun;
  site: Site;
}

interface AdditionTarget {
  run: MutableRun;
  addition: Addition;
}

export interface Fields {
  /** All places of a name, over all runs. */
  byName: ReadonlyMap<string, readonly Target[]>;
  /** All that can be added, by the name of the change, over all runs. */
  additions: ReadonlyMap<string, readonly AdditionTarget[]>;
}

export function fieldsOf(runs: readonly MutableRun[]): Fields {
  const byName = new Map<string, Target[]>();
  for (const run of runs) {
    for (const site of sitesOf(run.parts)) {
      const name = `${site.where}: ${site.field}`;
      const group = byName.get(name) ?? [];
      group.push({ run, site });
      byName.set(name, group);
    }
  }
  const additions = new Map<string, AdditionTarget[]>();
  for (const run of runs) {
    for (const addition of additionsOf(run.parts)) {
      const name = `${addition.change} ${addition.site.where}: ${addition.site.field}`;
      const group = additions.get(name) ?? [];
      group.push({ run, addition });
      additions.set(name, group);
    }
  }
  return { byName, additions };
}

export function* drawMutations(
  runs: readonly MutableRun[],
  { byName, additions }: Fields,
  count: number,
  random: Random,
): Generator<Mutation> {
  const names = random.shuffle([...byName.keys()].toSorted());
  const added = random.shuffle([...additions.keys()].toSorted());
  for (let drawn = 0, round = 0; drawn < count; round += 1) {
    const own = random.fork(String(round));
    // One in eight changes whole parts, and two in eight add something.
    const name = names[round % names.length] ?? '';
    const part = own.next();
    const mutation =
      part < 1 / 8
        ? drawPart(runs, own)
        : part < 3 / 8
          ? drawAddition(additions.get(added[round % added.length] ?? '') ?? [], own)
          : drawField(byName.get(name) ?? [], own);
    if (!mutation) continue;
    drawn += 1;
    yield { ...mutation, id: String(drawn) };
  }
}

export function drawField(
  targets: readonly Target[],
  random: Random,
  change: FieldChange = random.pick(fieldChanges),
): Drawn | undefined {
  const { run, site } = random.pick(targets);
  const others = targets.flatMap((one) => (one.run === run && one.site !== site ? [one.site] : []));
  const changed = changeField(run.parts, site, change, others, random);
  const parts = changed ?? changeField(run.parts, site, 'edit', [], random);
  if (!parts) return undefined;
  const movedMs = change === 'remove' ? null : distance(valueOfSite(run.parts, site), valueOfSite(parts, site), site);
  return { run, parts, where: site.where, field: site.field, change: changed ? change : 'edit', movedMs };
}

export function drawAddition(targets: readonly AdditionTarget[], random: Random): Drawn | undefined {
  if (targets.length === 0) return undefined;
  const { run, addition } = random.pick(targets);
  const { site, change, value } = addition;
  const parts = replaceAt(run.parts, site, value);
  return { run, parts, where: site.where, field: site.field, change, movedMs: null };
}

/** Times are ISO text in events, milliseconds in ours, seconds in a worker’s notes. */
function distance(before: unknown, after: unknown, { field }: Site): number | null {
  if (typeof before === 'string' && typeof after === 'string' && field.endsWith('Time')) {
    const moved = Math.abs(Date.parse(after) - Date.parse(before));
    return Number.isNaN(moved) ? null : moved;
  }
  if (typeof before !== 'number' || typeof after !== 'number') return null;
  if (field.endsWith('_time.seconds')) return Math.abs(after - before) * 1000;
  return field === 'at' || field.endsWith('At') ? Math.abs(after - before) : null;
}

/** Of a part in which one of these places is. */
export function drawWhole(
  targets: readonly Target[],
  random: Random,
  change: (typeof partChanges)[number],
): Drawn | undefined {
  const { run, site } = random.pick(targets);
  const parts = changeParts(run.parts, site.part, change, random);
  return parts && { run, parts, where: site.where, field: '', change, movedMs: null };
}

export function drawPart(
  runs: readonly MutableRun[],
  random: Random,
  change = random.pick(partChanges),
): Drawn | undefined {
  const run = random.pick(runs);
  const index = random.integer(0, run.parts.length - 1);
  const parts = changeParts(run.parts, index, change, random);
  const where = sitesOf([run.parts[index]])[0]?.where ?? '';
  return parts && { run, parts, where: change === 'tail-cut' ? 'event' : where, field: '', change, movedMs: null };
}
