/** Control records: numbered and signed inside the transaction, so that a number is never used twice nor skipped. */
import type { Selectable } from 'kysely';
import type { ControlKind, SignedControl } from '../../core/contracts/control.ts';
import type { Store } from '../store.ts';
import { deepFrozen } from '../../core/open-once.ts';
import { nextNumber } from './counters.ts';
import { prepared } from './prepared.ts';
import { argumentsMustAgree, readControlRecord, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import type { ControlTable } from './tables.ts';
import { ofControl } from './write-scopes.ts';

type ControlMethods = Pick<Store, 'appendControl' | 'listControl' | 'freezeEpoch'>;

export function controlMethods(session: SqlSession): ControlMethods {
  const seen: SeenRecords = new Map();
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
      const wanted = [...new Set(kinds)];
      const lists = await session.read((queries) => listKinds(queries, seen, wanted));
      return lists.flat().toSorted((left, right) => left.body.sequence - right.body.sequence);
    },
    freezeEpoch: () => session.read(readFreezeEpoch),
  };
}

/** Records of a kind as they were read last, frozen, lowest sequence first, and the text of the last one. */
type SeenRecords = Map<ControlKind, { records: readonly SignedControl[]; lastText: string }>;

/**
 * Every gate call asks for them, and they are only ever added to: what was read stays read while the table has as many
 * rows up to the same one. Otherwise (a restored database, a deleted row) all are read anew. A row that somebody changes
 * in place changes nothing for a process that has read it.
 */
async function listKinds(
  queries: Queries,
  seen: SeenRecords,
  kinds: readonly ControlKind[],
): Promise<(readonly SignedControl[])[]> {
  const lists: (readonly SignedControl[])[] = [];
  for (const kind of kinds) {
    const { records: known, lastText } = seen.get(kind) ?? { records: [], lastText: '' };
    const last = known.at(-1)?.body.sequence ?? 0;
    const [upTo] = last === 0 ? [] : (await countUpTo(queries, { kind, sequence: last })).rows;
    let { rows } = await rowsFrom(queries, { kind, sequence: last });
    const isSame = known.length > 0 && rows[0]?.record === lastText && Number(upTo?.count) === known.length;
    if (!isSame && last > 0) ({ rows } = await rowsFrom(queries, { kind, sequence: 0 }));
    const records = isSame ? [...known, ...rows.slice(1).map(toRecord)] : rows.map(toRecord);
    seen.set(kind, { records, lastText: rows.at(-1)?.record ?? '' });
    lists.push(records);
  }
  return lists;
}

const countUpTo = prepared((queries, { kind, sequence }: Pick<ControlTable, 'kind' | 'sequence'>) =>
  queries
    .selectFrom('control')
    .select((column) => column.fn.countAll().as('count'))
    .where('kind', '=', kind)
    .where('sequence', '<=', sequence),
);

const rowsFrom = prepared((queries, { kind, sequence }: Pick<ControlTable, 'kind' | 'sequence'>) =>
  queries
    .selectFrom('control')
    .selectAll()
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
