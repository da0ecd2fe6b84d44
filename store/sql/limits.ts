/**
 * Counting for the limits of policies. Counters are taken inside the transaction that admits a call, all of them or none,
 * so that calls side by side cannot overshoot; a window is one of the clock.
 */
import { sql } from 'kysely';
import type { CounterTake, GateState, Store } from '../store.ts';
import type { Queries, SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

export function limitMethods(session: SqlSession): Pick<Store, 'addModelUsage'> {
  return {
    addModelUsage: (usage) =>
      session.write((queries) => addModelUsage(queries, usage), ofRow(`usage ${usage.workflowId}`)),
  };
}

/**
 * Takes them in the order given, which is one order for all calls: two that need the same counters never wait for each other.
 * @returns the first counter that is full; then nothing stays taken
 */
export async function takeCounters(queries: Queries, counters: readonly CounterTake[]): Promise<CounterTake | null> {
  const taken: CounterTake[] = [];
  for (const counter of counters) {
    if (await takeOne(queries, counter)) taken.push(counter);
    else {
      for (const one of taken) await giveBack(queries, one);
      return counter;
    }
  }
  return null;
}

/**
 * One row for each counter, and all in one statement, so that the limit holds also where transactions run side by side. A
 * later window starts it anew; a worker whose clock is behind counts in the window that has begun.
 */
async function takeOne(queries: Queries, { scope, windowStart, limit }: CounterTake): Promise<boolean> {
  if (limit < 1) return false;
  const isLater = sql<boolean>`excluded.window_start > limit_counters.window_start`;
  const row = await queries
    .insertInto('limit_counters')
    .values({ scope, window_start: windowStart, used: 1 })
    .onConflict((conflict) =>
      conflict
        .column('scope')
        .doUpdateSet({
          used: sql<number>`case when ${isLater} then 1 else limit_counters.used + 1 end`,
          window_start: sql<number>`case when ${isLater} then excluded.window_start else limit_counters.window_start end`,
        })
        .where((where) => where.or([isLater, where('limit_counters.used', '<', limit)])),
    )
    .returning('used')
    .executeTakeFirst();
  return row !== undefined;
}

async function giveBack(queries: Queries, { scope }: CounterTake): Promise<void> {
  await queries
    .updateTable('limit_counters')
    .set((column) => ({ used: column('used', '-', 1) }))
    .where('scope', '=', scope)
    .execute();
}

export async function countToolCall(queries: Queries, workflowId: string, tool: string): Promise<void> {
  await queries
    .insertInto('tool_calls')
    .values({ workflow_id: workflowId, tool, calls: 1 })
    .onConflict((conflict) =>
      conflict.columns(['workflow_id', 'tool']).doUpdateSet({ calls: sql<number>`tool_calls.calls + 1` }),
    )
    .execute();
}

async function addModelUsage(queries: Queries, usage: Parameters<Store['addModelUsage']>[0]): Promise<void> {
  await queries
    .insertInto('model_usage')
    .values({
      workflow_id: usage.workflowId,
      model: usage.model,
      input_tokens: usage.input,
      output_tokens: usage.output,
    })
    .onConflict((conflict) =>
      conflict.columns(['workflow_id', 'model']).doUpdateSet({
        input_tokens: sql<number>`model_usage.input_tokens + excluded.input_tokens`,
        output_tokens: sql<number>`model_usage.output_tokens + excluded.output_tokens`,
      }),
    )
    .execute();
}

export async function readCounted(queries: Queries, workflowId: string): Promise<GateState['counted']> {
  const calls = await queries
    .selectFrom('tool_calls')
    .select(['tool', 'calls'])
    .where('workflow_id', '=', workflowId)
    .orderBy('tool')
    .execute();
  const usage = await queries
    .selectFrom('model_usage')
    .select(['model', 'input_tokens', 'output_tokens'])
    .where('workflow_id', '=', workflowId)
    .orderBy('model')
    .execute();
  return {
    callsByTool: Object.fromEntries(calls.map(({ tool, calls: number }) => [tool, number])),
    usage: usage.map((row) => ({
      model: row.model,
      input: Number(row.input_tokens),
      output: Number(row.output_tokens),
    })),
    openRunsBefore: await openRunsBefore(queries, workflowId),
  };
}

/** Open runs of the same principal that were opened before: the order settles who is beyond a limit. */
async function openRunsBefore(queries: Queries, workflowId: string): Promise<number> {
  const own = await queries
    .selectFrom('runs')
    .select(['principal', 'opened_at'])
    .where('workflow_id', '=', workflowId)
    .executeTakeFirst();
  if (!own) return 0;
  const row = await queries
    .selectFrom('runs')
    .select((column) => column.fn.countAll().as('count'))
    .where('principal', '=', own.principal)
    .where('closed_at', 'is', null)
    .where((where) =>
      where.or([
        where('opened_at', '<', own.opened_at),
        where.and([where('opened_at', '=', own.opened_at), where('workflow_id', '<', workflowId)]),
      ]),
    )
    .executeTakeFirstOrThrow();
  return Number(row.count);
}
