/** What is counted of a run for the limits of its policies: calls by tool, what the model took, open runs of its principal. */
import { sql } from 'kysely';
import type { GateState, Store } from '../store.ts';
import type { Queries, SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

export function limitMethods(session: SqlSession): Pick<Store, 'addModelUsage'> {
  return {
    addModelUsage: (usage) =>
      session.write((queries) => addModelUsage(queries, usage), ofRow(`usage ${usage.workflowId}`)),
  };
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
