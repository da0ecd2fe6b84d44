/**
 * What is in force of each layer's policy, from signed records alone, and what a new run pins of it. A policy that is named and
 * cannot be had is an error here and a refusal at the gate; it is never taken for none.
 */
import type { ControlBody } from '../core/contracts/control.ts';
import type { LayerKind } from '../core/contracts/ids.ts';
import type { PinnedLayer } from '../core/contracts/ticket.ts';
import { CountersignError, hasErrorCode } from '../core/errors.ts';
import { type CompiledPolicy, type LoadedPolicy, layerLabel, loadPolicy, teamsOf } from '../policy/index.ts';
import { readControl, readLayers } from '../store/read-control.ts';
import { activationOf } from './active-pack.ts';
import type { GatewayContext } from './options.ts';
import { keysThatStood, readKeyHistory } from './people-behind.ts';

export type LayerReader = Pick<GatewayContext, 'store' | 'keys' | 'audience'>;
type Policy = Extract<LoadedPolicy, { kind: 'policy' }>;

export interface LayerId {
  layer: LayerKind;
  /** `organisation`, a team's or an agent's name. */
  name: string;
}

export function readerOf({ store, keys, audience }: LayerReader) {
  return { store, registry: keys.registry, audience };
}

/** @throws {CountersignError} `not-found`, `policy-invalid` */
export async function policyOf({ store }: LayerReader, digest: string): Promise<Policy> {
  const text = await store.getBody(digest).catch((error: unknown) => {
    if (hasErrorCode(error, 'record-invalid')) return null;
    throw error;
  });
  if (text === null) {
    throw new CountersignError(
      'not-found',
      `Cannot find policy "${digest}": the store does not have it, expected a published one; publish it first`,
    );
  }
  const loaded = loadPolicy(text, digest);
  if (loaded.kind === 'policy') return loaded;
  const [first] = loaded.problems;
  throw new CountersignError('policy-invalid', first?.message ?? `Cannot load policy "${digest}"`);
}

/** The organisation's policy that is enforced now. */
export async function organisationPolicy(reader: LayerReader): Promise<CompiledPolicy | undefined> {
  const layers = await readLayers(readerOf(reader));
  const active = layers.find(({ layer, mode }) => layer === 'organisation' && mode === 'enforce');
  return active ? (await policyOf(reader, active.policyDigest)).policy : undefined;
}

/** What a run of this agent pins besides the pack's policy. @throws {CountersignError} `run-refused` where a team has no policy */
export async function layersToPin(reader: LayerReader, agent: string): Promise<PinnedLayer[]> {
  const enforced = (await readLayers(readerOf(reader))).filter(({ mode }) => mode === 'enforce');
  const organisation = enforced.find(({ layer }) => layer === 'organisation');
  if (!organisation) return [];
  const { policy } = await policyOf(reader, organisation.policyDigest);
  const teams = teamsOf(policy, agent).map((team) => {
    const active = enforced.find(({ layer, name }) => layer === 'team' && name === team);
    if (active) return { layer: 'team' as const, name: team, policyDigest: active.policyDigest };
    throw new CountersignError(
      'run-refused',
      `Cannot start agent "${agent}": it is of team "${team}", which has no active policy, expected one; activate it with countersign policy activate`,
    );
  });
  return [{ layer: 'organisation', name: 'organisation', policyDigest: organisation.policyDigest }, ...teams];
}

/** The digest in force; null: none. */
export async function activeDigest(
  reader: LayerReader,
  id: LayerId,
  mode: 'enforce' | 'shadow',
): Promise<string | null> {
  if (id.layer === 'pack' && mode === 'enforce') return (await activationOf(reader, id.name))?.policyDigest ?? null;
  const layers = await readLayers(readerOf(reader));
  const found = layers.find((one) => one.layer === id.layer && one.name === id.name && one.mode === mode);
  return found?.policyDigest ?? null;
}

export type Proposal = Extract<ControlBody, { kind: 'policy-proposal' }>;

/** Proposals that nothing was activated over since, and whose keys still stand: a stolen key that was revoked proposed nothing. */
export async function openProposals(reader: LayerReader): Promise<Proposal[]> {
  const records = await readControl(readerOf(reader), ['policy-proposal', 'policy-layer', 'policy-activation']);
  const open = new Map<string, Proposal>();
  for (const record of records) {
    if (record.kind === 'policy-proposal') open.set(keyOf(record), record);
    else if (record.kind === 'policy-layer') open.delete(keyOf(record));
    else open.delete(keyOf({ layer: 'pack', name: record.agent, mode: 'enforce' }));
  }
  if (open.size === 0) return [];
  const history = await readKeyHistory(readerOf(reader));
  return [...open.values()].filter(({ by, sequence }) =>
    keysThatStood(history, by, sequence).every(({ keyId }) => !history.revokedAt.has(keyId)),
  );
}

/** Digests that were in force before the present one, newest first. */
export async function formerDigests(reader: LayerReader, { layer, name }: LayerId): Promise<string[]> {
  const records = await readControl(readerOf(reader), ['policy-layer', 'policy-activation']);
  const digests = records.flatMap((record) => {
    if (record.kind === 'policy-activation')
      return layer === 'pack' && record.agent === name ? [record.policyDigest] : [];
    const own = record.layer === layer && record.name === name && record.mode === 'enforce';
    return own && record.policyDigest !== null ? [record.policyDigest] : [];
  });
  return digests.toReversed();
}

export function labelOf(id: LayerId): string {
  return id.layer === 'pack' ? `pack:${id.name}` : layerLabel(id);
}

function keyOf({ layer, name, mode }: LayerId & { mode: string }): string {
  return JSON.stringify([layer, name, mode]);
}
