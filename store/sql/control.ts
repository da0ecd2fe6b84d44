/** Control records: numbered and signed inside the transaction, so that a number is never used twice nor skipped. */
import type { Store } from '../store.ts';
import { nextNumber } from './counters.ts';
import { argumentsMustAgree, readControlRecord, rowMustAgree, toText } from './records.ts';
import type { Queries, SqlSession } from './session.ts';
import { ofControl } from './write-scopes.ts';

type ControlMethods = Pick<Store, 'appendControl' | 'listControl' | 'freezeEpoch'>;

export function controlMethods(session: SqlSession): ControlMethods {
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
    listControl: (kinds) =>
      session.read(async (queries) => {
        if (kinds.length === 0) return [];
        const rows = await queries
          .selectFrom('control')
          .selectAll()
          .where('kind', 'in', kinds)
          .orderBy('sequence')
          .execute();
        return rows.map((row) => {
          const record = readControlRecord(row.record);
          rowMustAgree('control record', [
            [row.sequence, record.body.sequence],
            [row.kind, record.body.kind],
          ]);
          return record;
        });
      }),
    freezeEpoch: () => session.read(readFreezeEpoch),
  };
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
