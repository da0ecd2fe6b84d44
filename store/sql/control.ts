/** Control records: numbered and signed inside the transaction, so that a number is never used twice nor skipped. */
import type { Selectable } from 'kysely';
import type { ControlKind, SignedControl } from '../../core/contracts/control.ts';
import { CountersignError, hasErrorCode } from '../../core/errors.ts';
import type { Store } from '../store.ts';
import { deepFrozen } from '../../core/open-once.ts';
import { nextNumber } from './counters.ts';
import { prepared } from './prepared.ts';
import { argumentsMustAgree, readControlRecord, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { ControlTable } from './tables.ts';
import { ofControl } from './write-scopes.ts';

type ControlMethods = Pick<Store, 'appendControl' | 'listControl' | 'freezeEpoch'>;

export function controlMethods(session: SqlSession, seen: SeenControl): ControlMethods {
  return {
    appendControl: (seal) =>
      session.write(async (queries) => {
        const sequence = await nextNumber(queries, 'control');
        const record = seal(sequence);
        argumentsMustAgree('control record', [[sequence, record.body.sequence]]);
        await queries
          .insertInto('control')
          .values({ sequence, kind: record.body.kind, record: toText(record) })
          .execute();
        return record;
      }, ofControl),
    listControl: async (kinds) => {
      if (kinds.length === 0) return [];
      const orders = await session.read((queries) => readOrders(queries, seen, kinds));
      return await orders.listControl(kinds);
    },
    freezeEpoch: () => session.read(readFreezeEpoch),
  };
}

/** Records of a kind as they were read last, frozen, lowest sequence first, and the text of the last one. */
export type SeenControl = Map<ControlKind, { records: readonly SignedControl[]; lastText: string }>;

/**
 * Of these kinds, all that the snapshot has. A row that does not read is the fault of whoever asks for its kind, and of no
 * other kind: a changed policy order denies calls, it does not end runs.
 */
export async function readOrders(
  queries: Queries,
  seen: SeenControl,
  kinds: readonly ControlKind[],
): Promise<Pick<Store, 'listControl'>> {
  const byKind = new Map<ControlKind, readonly SignedControl[] | CountersignError>();
  for (const kind of kinds) byKind.set(kind, await readKind(queries, seen, kind).catch(asUnreadable));
  return {
    listControl: (wanted) => {
      const lists = [...new Set(wanted)].map((kind) => byKind.get(kind) ?? notRead(kind));
      const fault = lists.find((list) => list instanceof CountersignError);
      if (fault) return Promise.reject(fault);
      const records = lists.flatMap((list) => (list instanceof CountersignError ? [] : list));
      return Promise.resolve(records.toSorted((left, right) => left.body.sequence - right.body.sequence));
    },
  };
}

/** @throws all other faults: the database did not answer */
function asUnreadable(error: unknown): CountersignError {
  if (hasErrorCode(error, 'record-invalid')) return error;
  throw error;
}

/** None of a kind that nobody looked for would read as "never ordered". */
function notRead(kind: ControlKind): CountersignError {
  return new CountersignError(
    'internal-fault',
    `Cannot list control records: kind "${kind}" was not read with the others, expected all that are asked for; this is a defect`,
  );
}

/**
 * Every gate call asks for them, and they are only ever added to: what was read stays read while the table has as many rows
 * up to the same one. Otherwise (a restored database, a deleted row) all are read anew. A row that somebody changes in place
 * changes nothing for a process that has read it.
 */
async function readKind(queries: Queries, seen: SeenControl, kind: ControlKind): Promise<readonly SignedControl[]> {
  const { records: known, lastText } = seen.get(kind) ?? { records: [], lastText: '' };
  const last = known.at(-1)?.body.sequence ?? 0;
  let { rows } = await rowsFrom(queries, { kind, sequence: last });
  const isSame = known.length > 0 && rows[0]?.record === lastText && Number(rows[0].place) === known.length;
  if (isSame && rows.length === 1) return known;
  if (!isSame && last > 0) ({ rows } = await rowsFrom(queries, { kind, sequence: 0 }));
  const records = isSame ? [...known, ...rows.slice(1).map(toRecord)] : rows.map(toRecord);
  seen.set(kind, { records, lastText: rows.at(-1)?.record ?? '' });
  return records;
}

/** From a sequence on, each with how many of its kind there are up to that sequence. */
const rowsFrom = prepared((queries, { kind, sequence }: Pick<ControlTable, 'kind' | 'sequence'>) =>
  queries
    .selectFrom('control')
    .selectAll()
    .select((column) =>
      column
        .selectFrom('control as upTo')
        .select((counted) => counted.fn.countAll().as('count'))
        .where('upTo.kind', '=', kind)
        .where('upTo.sequence', '<=', sequence)
        .as('place'),
    )
    .where('kind', '=', kind)
    .where('sequence', '>=', sequence)
    .orderBy('sequence'),
);

function toRecord(row: Selectable<ControlTable>): SignedControl {
  const record = readControlRecord(row.record);
  rowMustAgree('control record', [
    [row.sequence, record.body.sequence],
    [row.kind, record.body.kind],
  ]);
  return deepFrozen(record);
}

export async function readFreezeEpoch(queries: Queries): Promise<number> {
  const row = await queries
    .selectFrom('control')
    .select((column) => column.fn.max('sequence').as('epoch'))
    .where('kind', 'in', ['freeze', 'thaw'])
    .executeTakeFirst();
  // max() of no rows is null, which Kysely's type does not say.
  return Number(row?.epoch ?? 0);
}
