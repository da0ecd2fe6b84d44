/** Numbers without gaps: the row is locked until the transaction ends, and a rollback gives the number back. */
import { CountersignError } from '../../core/errors.ts';
import { prepared } from './prepared.ts';
import type { Queries } from './session.ts';
import type { CountersTable } from './tables.ts';

const countUp = prepared((queries, { name }: Pick<CountersTable, 'name'>) =>
  queries
    .updateTable('counters')
    .set((column) => ({ value: column('value', '+', 1) }))
    .where('name', '=', name)
    .returning('value'),
);

export async function nextNumber(queries: Queries, name: CountersTable['name']): Promise<number> {
  const [row] = (await countUp(queries, { name })).rows;
  if (row) return row.value;
  throw new CountersignError(
    'record-invalid',
    `Cannot number a record: counter "${name}" is gone, expected one row; restore the database from a backup`,
  );
}
