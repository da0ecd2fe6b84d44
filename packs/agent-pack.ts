/**
 * An agent pack as everybody holds it: the body that a run pins, its policy, its tools. Digests are of the very bytes that
 * `publishPack` puts into the store, so that a ticket's digests find them.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import { type PackBody, packBodySchema } from '../core/contracts/pack.ts';
import { digestText } from '../core/digest.ts';
import { CountersignError } from '../core/errors.ts';
import type { CompiledPolicy } from '../policy/compiled-policy.ts';
import type { Store } from '../store/store.ts';
import type { Guard } from '../guards/index.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import { type AgentFile, limitsOf } from './agent-file.ts';

export interface AgentPack {
  /** Null for an agent defined in code. */
  readonly folder: string | null;
  readonly description: string | null;
  readonly body: PackBody;
  /** Body digest of the canonical JSON of `body`. */
  readonly packDigest: string;
  /** As written. */
  readonly policyText: string;
  /** Body digest of `policyText`. */
  readonly policyDigest: string;
  readonly policy: CompiledPolicy;
  readonly tools: ToolRegistry;
  /** Behind the built-in ones, in this order. */
  readonly guards: readonly Guard[];
}

export function assemblePack(parts: {
  folder: string | null;
  agent: AgentFile;
  policyText: string;
  policy: CompiledPolicy;
  tools: ToolRegistry;
  guards?: readonly Guard[];
}): AgentPack {
  const { folder, agent, policyText, policy, tools, guards = [] } = parts;
  const policyDigest = digestText('body', policyText);
  const body = packBodySchema.parse({
    name: agent.name,
    instructions: agent.instructions,
    model: agent.model,
    limits: tightened(limitsOf(agent), policy),
    environment: agent.environment,
    inputLabels: agent.inputLabels,
    tools: tools.list().map(({ definition, definitionDigest }) => ({ name: definition.name, definitionDigest })),
    policyDigest,
  } satisfies Record<keyof PackBody, unknown>);
  const packDigest = digestText('body', canonicalJson(body));
  return Object.freeze({
    folder,
    description: agent.description ?? null,
    body,
    packDigest,
    policyText,
    policyDigest,
    policy,
    tools,
    guards,
  });
}

/** Limits that the workflow keeps are in the ticket, and with it in the pack's body: the smaller one counts. */
function tightened(limits: PackBody['limits'], policy: CompiledPolicy): PackBody['limits'] {
  const { refusalsInARow = limits.refusalsInARow, turns = limits.turns } = policy.limits;
  return {
    ...limits,
    refusalsInARow: Math.min(limits.refusalsInARow, refusalsInARow),
    turns: Math.min(limits.turns, turns),
  };
}

/** What of a pack is stored. */
export type PackBodies = Pick<AgentPack, 'body' | 'packDigest' | 'policyText' | 'policyDigest'>;

/**
 * Puts body and policy into the store, where runs find them by digest. Activating a policy is the gateway's order.
 *
 * @throws {CountersignError} `pack-invalid` when its digests are not of its bodies
 */
export async function publishPack(store: Pick<Store, 'putBody'>, pack: PackBodies): Promise<void> {
  const { body, packDigest, policyText, policyDigest } = pack;
  const stored = [await store.putBody(canonicalJson(body)), await store.putBody(policyText)];
  if (stored[0] !== packDigest || stored[1] !== policyDigest || body.policyDigest !== policyDigest) {
    throw new CountersignError(
      'pack-invalid',
      `Cannot publish agent pack "${body.name}": its digests are not of its bodies, expected its own; load it again`,
    );
  }
}
