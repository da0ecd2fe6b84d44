/**
 * The pack a run pinned: its ticket (from the store, never from the workflow) names the digest, the body must hash to
 * it. A link that the store does not know as the run's last gets nothing.
 */
import { type PackBody, packBodySchema } from '../../core/contracts/pack.ts';
import type { TicketBody } from '../../core/contracts/ticket.ts';
import type { ToolDefinition } from '../../core/contracts/tool.ts';
import { digestText } from '../../core/digest.ts';
import type { Store } from '../../store/store.ts';
import { failure, toFailure } from './model-failure.ts';

/** The tools this process has loaded. */
export interface ToolLookup {
  get(name: string): { definition: ToolDefinition } | undefined;
}
export type PackStore = Pick<Store, 'getRun' | 'getBody'>;
export type LoadPack = (run: {
  workflowId: string;
  linkRunId: string;
}) => Promise<{ pack: PackBody; ticket: TicketBody }>;

const packsKept = 64;

export function createLoadPack(store: PackStore): LoadPack {
  const packByDigest = new Map<string, PackBody>();
  return async (run) => {
    const ticket = await ticketOf(store, run);
    const { packDigest: digest } = ticket;
    const kept = packByDigest.get(digest);
    if (kept) return { pack: kept, ticket };
    const pack = parsePack(digest, await read(store, digest));
    if (packByDigest.size >= packsKept) packByDigest.clear();
    packByDigest.set(digest, pack);
    return { pack, ticket };
  };
}

/** Definitions of the pack's tools that are loaded here, in the pack's order, and the names of those that are not. */
export function toolsOf(pack: PackBody, tools: ToolLookup): { offered: ToolDefinition[]; missing: string[] } {
  const offered: ToolDefinition[] = [];
  const missing: string[] = [];
  for (const { name } of pack.tools) {
    const tool = tools.get(name);
    if (tool) offered.push(tool.definition);
    else missing.push(name);
  }
  return { offered, missing };
}

async function ticketOf(store: PackStore, run: { workflowId: string; linkRunId: string }): Promise<TicketBody> {
  const action = `load the pack of run ${JSON.stringify(run.workflowId)}`;
  try {
    const row = await store.getRun(run.workflowId);
    if (!row) throw failure('run-refused', `Cannot ${action}: no ticket was claimed for it, expected a claimed one`);
    if (row.lastLinkRunId !== run.linkRunId) {
      throw failure('run-refused', `Cannot ${action}: this link is not its last registered one, expected that one`);
    }
    return row.ticket.body;
  } catch (error) {
    throw toFailure(error, 'store-unavailable', action);
  }
}

async function read(store: PackStore, digest: string): Promise<string | null> {
  try {
    return await store.getBody(digest);
  } catch (error) {
    throw toFailure(error, 'store-unavailable', `load pack ${digest}`);
  }
}

function parsePack(digest: string, text: string | null): PackBody {
  const action = `Cannot load pack ${digest}`;
  if (text === null) throw failure('pack-invalid', `${action}: the store does not have it, expected its body`);
  if (digestText('body', text) !== digest && digestText('pack', text) !== digest) {
    throw failure('record-invalid', `${action}: the stored body has another digest, expected the one the ticket names`);
  }
  const parsed = packBodySchema.safeParse(asJson(text));
  if (!parsed.success) throw failure('pack-invalid', `${action}: the stored body has another shape, expected a pack`);
  return parsed.data;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
