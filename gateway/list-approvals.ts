/**
 * The list of approval requests: an open one only while a live run of the same epoch waits with it. Where somebody changed a row of
 * a request in the database, that request is named as unreadable and nobody can answer it; the others are listed as ever.
 */
import type { ApprovalView, UnreadableRequest } from '../client/gateway-schemas.ts';
import type { Risk } from '../core/contracts/labels.ts';
import type { ChangedAsk } from '../store/changed-rows.ts';
import type { AskRow, RunRow } from '../store/store.ts';
import type { ApproverCheck } from './approvers.ts';
import { type Beside, readBeside } from './beside-requests.ts';
import { unconfirmed } from './confirm-ask.ts';
import type { Credential } from './credentials.ts';
import { engineWords } from './engine-word.ts';
import { inParallel } from './in-parallel.ts';
import type { GatewayContext } from './options.ts';
import { viewOf } from './show-approvals.ts';
import { type ChangedPart, unreadable } from './unreadable.ts';
import { type OpenedAsk, openAsk, openTicket } from './verified.ts';

export interface ApprovalFilter {
  state: 'open' | 'all';
  workflowId?: string | undefined;
  agent?: string | undefined;
  tool?: string | undefined;
  risk?: Risk | undefined;
  /** Only what the caller may answer, and has not. */
  mayAnswer?: boolean | undefined;
  limit: number;
}

export interface ListedApprovals {
  views: ApprovalView[];
  /** Whatever the filter says of tools, risks and rights: what a changed row was about is not known. */
  unreadable: UnreadableRequest[];
  /** Whether there are requests that were not looked at. */
  more: boolean;
}

type ReadRun = RunRow | 'changed';

const atOnce = 8;
/** Rows read to find those that a live run waits with: asks of runs that were terminated stay open until their deadline. */
const mostRows = 2000;

/** @throws {CountersignError} `store-unavailable`, `server-unavailable`: "nothing waits" would be a guess */
export async function listApprovals(
  gateway: GatewayContext,
  approvers: ApproverCheck,
  caller: Credential,
  filter: ApprovalFilter,
): Promise<ListedApprovals> {
  const { state, workflowId, limit, mayAnswer = false } = filter;
  const seen = approvers.atOnce();
  const ofRun = workflowId === undefined ? {} : { workflowId };
  const words = engineWords(gateway);
  const runs = new Map<string, ReadRun>();
  const changed = new Map<string, UnreadableRequest>();
  const refuse = (row: ChangedAsk, part: ChangedPart): undefined => {
    if (changed.has(row.nonce)) return undefined;
    gateway.logger.error({ nonce: row.nonce, part, code: 'record-invalid' }, 'a stored request was changed');
    changed.set(row.nonce, unreadable(row, part));
    return undefined;
  };

  const askOf = (row: AskRow): OpenedAsk[] => {
    const ask = openAsk(gateway, row) ?? refuse(row, 'request');
    return ask && fits(ask, filter) ? [ask] : [];
  };
  const look = async (ask: OpenedAsk, beside: Beside | undefined): Promise<ApprovalView | undefined> => {
    const run = runs.get(ask.row.workflowId);
    if (run === 'changed') return refuse(ask.row, 'run');
    if (state === 'open') {
      const live = run?.closedAt === null && run.runEpoch === ask.row.runEpoch;
      if (!live) return undefined;
      // A server out of reach is asked once more and throws: "nothing waits" would be a guess.
      const word = (await words(ask.row.workflowId)) ?? undefined;
      if ((await unconfirmed(gateway, ask, run, word)) !== undefined) return undefined;
    }
    const ticket = run ? openTicket(gateway, run.ticket, ask.row.workflowId) : undefined;
    if (!run || !ticket) return refuse(ask.row, 'run');
    if (!beside) return refuse(ask.row, 'vote');
    return await viewOf(gateway, seen, caller, { ask, run, ticket }, words, beside);
  };
  const page = async (rowsOf: Parameters<typeof gateway.store.listAsks>[0]) => {
    const invalid: ChangedAsk[] = [];
    const rows = await gateway.store.listAsks(rowsOf, (row) => invalid.push(row));
    const asks = rows.flatMap(askOf);
    await readRuns(gateway, [...asks.map(({ row }) => row.workflowId), ...invalid.map((row) => row.workflowId)], runs);
    for (const row of invalid) if (!isOver(runs.get(row.workflowId), state)) refuse(row, 'request');
    if (asks.length === 0) return { rows, views: [] };
    const besideOf = await readBeside(gateway, asks);
    const views = await inParallel(asks, atOnce, async (ask) => await look(ask, besideOf(ask)));
    return { rows, views: wanted(views, mayAnswer) };
  };
  const listed = (views: readonly ApprovalView[], isCut: boolean): ListedApprovals => {
    const more = isCut || views.length > limit;
    return { views: views.slice(0, limit), unreadable: [...changed.values()].slice(0, limit), more };
  };

  if (state === 'all') {
    const most = isNarrow(filter) ? mostRows : limit;
    const { rows, views } = await page({ ...ofRun, limit: most });
    return listed(views, rows.length === most);
  }
  // Past ones stay for ever in a store, first by urgency: read with the others, they would crowd those out that wait.
  const dueFrom = gateway.clock.now();
  const views: ApprovalView[] = [];
  let isCut = false;
  // A lane of its own: whoever makes an agent ask for a thousand small things buries nothing critical under them.
  for (const critical of [true, false]) {
    const inLane = { ...ofRun, open: true, critical, dueFrom };
    let after: { deadlineAt: number; nonce: string } | undefined;
    let isOver = false;
    // Only as many as are wanted: with a thousand pending, reading each would cost more than all the rest.
    for (let read = 0; !isOver && read < mostRows && views.length < limit; read += limit) {
      const found = await page({ ...inLane, limit, ...(after ? { after } : {}) });
      views.push(...found.views);
      const last = found.rows.at(-1);
      isOver = !last || found.rows.length < limit;
      if (last) after = { deadlineAt: last.deadlineAt, nonce: last.nonce };
    }
    const unseen = { ...inLane, limit: 1, ...(after ? { after } : {}) };
    if (!isOver && (await gateway.store.listAsks(unseen, () => undefined)).length > 0) isCut = true;
  }
  return listed(views, isCut);
}

/** All that a page shows in one look, each once a list. @param runs those read before, to which these are added */
async function readRuns(
  { store }: GatewayContext,
  workflowIds: readonly string[],
  runs: Map<string, ReadRun>,
): Promise<void> {
  const unread = [...new Set(workflowIds)].filter((id) => !runs.has(id));
  const found = await store.runsByIds(unread, (id) => runs.set(id, 'changed'));
  for (const [id, run] of found) runs.set(id, run);
}

/** Of a row that does not read, by the run that it names: where that is unknown, it is shown. */
function isOver(run: ReadRun | undefined, state: ApprovalFilter['state']): boolean {
  return state === 'open' && run !== undefined && run !== 'changed' && run.closedAt !== null;
}

function isNarrow({ agent, tool, risk, mayAnswer }: ApprovalFilter): boolean {
  return [agent, tool, risk].some((one) => one !== undefined) || mayAnswer === true;
}

function fits({ card }: OpenedAsk, { agent, tool, risk }: ApprovalFilter): boolean {
  return (
    (agent === undefined || card.agent === agent) &&
    (tool === undefined || card.tool === tool) &&
    (risk === undefined || card.risk === risk)
  );
}

function wanted(views: readonly (ApprovalView | undefined)[], mayAnswer: boolean): ApprovalView[] {
  return views.flatMap((view) =>
    view && (!mayAnswer || (view.you.mayAnswer && view.you.answered === undefined)) ? [view] : [],
  );
}
