/** What is counted of a run for the limits of its policies: calls by tool, what the model took, open runs of its principal. */
import { sql } from 'kysely';
import type { GateState, Store } from '../store.ts';
import { prepared } from './prepared.ts';
import type { Queries, SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

type Usage = Parameters<Store['addModelUsage']>[0];

export function limitMethods(session: SqlSession): Pick<Store, 'addModelUsage'> {
  return {
    addModelUsage: (usage) =>
      session.write(
        async (queries) => {
          await addUsage(queries, usage);
        },
        { ...ofRow(`usage ${usage.workflowId}`), mayBeLostWithPower: true },
      ),
  };
}

export async function countToolCall(queries: Queries, workflowId: string, tool: string): Promise<void> {
  await addCall(queries, { workflowId, tool });
}

const addCall = prepared((queries, { workflowId, tool }: { workflowId: string; tool: string }) =>
  queries
    .insertInto('tool_calls')
    .values({ workflow_id: workflowId, tool, calls: 1 })
    .onConflict((conflict) =>
      conflict.columns(['workflow_id', 'tool']).doUpdateSet({ calls: sql<number>`tool_calls.calls + 1` }),
    ),
);

const addUsage = prepared((queries, usage: Usage) =>
  queries
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
    ),
);

export async function readCounted(queries: Queries, workflowId: string): Promise<GateState['counted']> {
  const calls = (await callsOfRun(queries, { workflowId })).rows;
  const usage = (await usageOfRun(queries, { workflowId })).rows;
  const [open] = (await openRunsBefore(queries, { workflowId })).rows;
  return {
    callsByTool: Object.fromEntries(calls.map(({ tool, calls: number }) => [tool, number])),
    usage: usage.map((row) => ({
      model: row.model,
      input: Number(row.input_tokens),
      output: Number(row.output_tokens),
    })),
    openRunsBefore: Number(open?.count ?? 0),
  };
}

const callsOfRun = prepared((queries, { workflowId }: { workflowId: string }) =>
  queries.selectFrom('tool_calls').select(['tool', 'calls']).where('workflow_id', '=', workflowId).orderBy('tool'),
);

const usageOfRun = prepared((queries, { workflowId }: { workflowId: string }) =>
  queries
    .selectFrom('model_usage')
    .select(['model', 'input_tokens', 'output_tokens'])
    .where('workflow_id', '=', workflowId)
    .orderBy('model'),
);

/** Open runs of the same principal that were opened before: the order settles who is beyond a limit. */
const openRunsBefore = prepared((queries, { workflowId }: { workflowId: string }) =>
  queries
    .selectFrom('runs as own')
    .innerJoin('runs as other', 'other.principal', 'own.principal')
    .select((column) => column.fn.countAll().as('count'))
    .where('own.workflow_id', '=', workflowId)
    .where('other.closed_at', 'is', null)
    .where((where) =>
      where.or([
        where('other.opened_at', '<', where.ref('own.opened_at')),
        where.and([
          where('other.opened_at', '=', where.ref('own.opened_at')),
          where('other.workflow_id', '<', where.ref('own.workflow_id')),
        ]),
      ]),
    ),
);
