/** What a long run left: its histories' size, the pace of its turns, and what was sent to the model. Read from outside. */
import type { TemporalDoor } from '../../../client/temporal-door.ts';
import { parseCallKey } from '../../../core/contracts/call-names.ts';
import type { Store } from '../../../store/store.ts';
import type { ScriptedModel } from '../../support/scripted-model.ts';

export interface HistorySize {
  links: number;
  events: number;
  bytes: number;
}

/** All links, from the newest back to the first. */
export async function historySize(door: TemporalDoor, workflowId: string): Promise<HistorySize> {
  const size: HistorySize = { links: 0, events: 0, bytes: 0 };
  let linkRunId: string | null = (await door.client.workflow.getHandle(workflowId).describe()).runId;
  while (linkRunId !== null) {
    const link = await door.client.workflow.getHandle(workflowId, linkRunId).describe();
    size.links += 1;
    size.events += link.historyLength;
    size.bytes += link.historySize ?? Number.NaN;
    linkRunId = (await door.linkOrigin(workflowId, linkRunId)).continuedRunId;
  }
  return size;
}

/** Median ms from one decision to the next, over the turns around each of these; undefined where there are too few. */
export async function paceAround(
  store: Store,
  workflowId: string,
  turns: readonly number[],
): Promise<(number | undefined)[]> {
  const decidedAt = new Map(
    (await store.listDecisions(workflowId)).map((one) => [parseCallKey(one.body.callKey).turn, one.issuedAt]),
  );
  return turns.map((around) => {
    const times: number[] = [];
    for (let turn = around - halfWindow; turn <= around + halfWindow; turn += 1) {
      const [from, to] = [decidedAt.get(turn), decidedAt.get(turn + 1)];
      if (from !== undefined && to !== undefined) times.push(to - from);
    }
    return times.length < halfWindow ? undefined : times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
  });
}

/** For whoever reads the failure: what was decided of the call of a turn, and how its requests ended. */
export async function storyOf(store: Store, workflowId: string, turn: number): Promise<string> {
  const isOfTurn = (callKey: string): boolean => parseCallKey(callKey).turn === turn;
  const decisions = (await store.listDecisions(workflowId))
    .filter(({ body }) => isOfTurn(body.callKey))
    .map(
      ({ body }) => `${body.purpose} try ${body.try} ${body.verdict} (${body.rules.map(({ id }) => id).join(', ')})`,
    );
  const asks = (await store.listAsks({ workflowId, limit: 100 }))
    .filter(({ callKey }) => isOfTurn(callKey))
    .map(({ kind, outcome }) => `${kind} request: ${outcome ?? 'open'}`);
  return `turn ${turn} of ${workflowId}: ${[...decisions, ...asks].join('; ')}`;
}

const halfWindow = 15;
const charactersPerToken = 4;

/** Tokens of the largest request, as the run itself estimates them. */
export function largestRequest(model: ScriptedModel, input: string): number {
  const sizes = model.requests(input).map(({ messages }) => JSON.stringify(messages).length);
  return Math.ceil(Math.max(0, ...sizes) / charactersPerToken);
}
