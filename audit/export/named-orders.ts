/**
 * Which of the gateway's orders the decisions of a run rest on. The writer of an export and its reader ask the same function, so
 * that nothing else is in the file and nothing else is taken from it. It verifies no signature.
 */
import type { ControlBody, ControlKind, SignedControl } from '../../core/contracts/control.ts';
import type { SignedDecision } from '../../core/contracts/decision.ts';
import type { GrantedBy } from '../../core/contracts/grant.ts';
import type { ExportPart } from '../../core/contracts/export.ts';
import type { LayerKind } from '../../core/contracts/ids.ts';
import type { Store } from '../../store/store.ts';

/** Orders that decisions rest on: the freeze or thaw of their epoch, the policies that were asked, answers about this run. */
export async function controlParts(
  store: Pick<Store, 'listControl'>,
  workflowId: string,
  agent: string | null,
  decisions: readonly SignedDecision[],
): Promise<ExportPart[]> {
  const rows = await store.listControl([...orderKinds]);
  const wanted = namedOrders(workflowId, agent, decisions, rows);
  return wanted
    .toSorted((one, other) => one.body.sequence - other.body.sequence)
    .map((control) => ({ part: 'control', control }));
}

const orderKinds = [
  'freeze',
  'thaw',
  'policy-activation',
  'policy-layer',
  'policy-proposal',
  'reconcile-answer',
  'grant',
  'grant-revocation',
  'review-signature',
] as const satisfies ControlKind[];

/**
 * Of several orders that put the same version in force the last one; of a proposal the last one before what it led to.
 * @param agent null: of any
 */
export function namedOrders(
  workflowId: string,
  agent: string | null,
  decisions: readonly SignedDecision[],
  rows: readonly SignedControl[],
): SignedControl[] {
  const epochs = new Set(decisions.map(({ body }) => body.freezeEpoch));
  const grants = new Set(grantsNamed(decisions).map(({ grantId }) => grantId));
  const broken = new Set(decisions.flatMap(({ body }) => nonceBroken(body)));
  const asked = new Set(decisions.flatMap(({ body }) => policiesNamed(body)));
  const named = rows.filter(({ body }) => {
    if (body.kind === 'freeze' || body.kind === 'thaw') return epochs.has(body.sequence);
    if (body.kind === 'reconcile-answer') return body.callKey.startsWith(`${workflowId}/`);
    if (body.kind === 'review-signature') return broken.has(body.nonce);
    if (body.kind === 'grant') return grants.has(body.grant.grantId);
    if (body.kind === 'grant-revocation') return grants.has(body.grantId);
    const version = versionOf(body);
    const others = body.kind === 'policy-activation' && agent !== null && body.agent !== agent;
    return body.kind !== 'policy-proposal' && version !== null && asked.has(version.ofAnyName) && !others;
  });
  const last = new Map(named.map((row) => [versionOf(row.body)?.own ?? `${row.body.sequence}`, row]));
  const orders = [...last.values()];
  const proposals = orders.flatMap(({ body }) => {
    const own = versionOf(body)?.own;
    return own === undefined
      ? []
      : rows
          .filter(
            (row) =>
              row.body.kind === 'policy-proposal' &&
              row.body.sequence < body.sequence &&
              versionOf(row.body)?.own === own,
          )
          .slice(-1);
  });
  return [...orders, ...proposals];
}

/** Of the request that one person answered alone. */
function nonceBroken(body: SignedDecision['body']): string[] {
  const approval = body.verdict === 'allow' ? body.approval : null;
  return approval?.breakGlass ? [approval.nonce] : [];
}

/** Grants that permits rest on, with the requests whose votes are theirs: also requests of other runs. */
export function grantsNamed(decisions: readonly SignedDecision[]): GrantedBy[] {
  return decisions.flatMap(({ body }) => (body.verdict === 'allow' && body.grant ? [body.grant] : []));
}

/** Which version of which layer an order or a proposal is about; null for what is about none. */
function versionOf(body: ControlBody): { own: string; ofAnyName: string } | null {
  if (body.kind === 'policy-activation') return version('pack', body.agent, 'enforce', body.policyDigest);
  if (body.kind !== 'policy-layer' && body.kind !== 'policy-proposal') return null;
  return body.policyDigest === null ? null : version(body.layer, body.name, body.mode, body.policyDigest);
}

function version(layer: LayerKind, name: string, mode: 'enforce' | 'shadow', digest: string) {
  const own = JSON.stringify([layer, name, mode, digest]);
  // A decision does not name its agent where the pack's policy stands alone.
  const anyName = layer === 'pack' && mode === 'enforce';
  return { own, ofAnyName: anyName ? JSON.stringify([layer, '', mode, digest]) : own };
}

function policiesNamed(body: SignedDecision['body']): string[] {
  const active = namesActivation(body) ? [version('pack', '', 'enforce', body.activePolicyDigest).ofAnyName] : [];
  const above = (body.layers ?? []).filter(({ layer }) => layer !== 'pack');
  const of = (one: { layer: LayerKind; name: string; policyDigest: string }, mode: 'enforce' | 'shadow'): string =>
    version(one.layer, one.name, mode, one.policyDigest).ofAnyName;
  return [...active, ...above.map((one) => of(one, 'enforce')), ...(body.shadow ?? []).map((one) => of(one, 'shadow'))];
}

/** Whether another policy than the run's own was asked as the active one. */
function namesActivation({ policyDigest, activePolicyDigest }: SignedDecision['body']): boolean {
  return activePolicyDigest !== policyDigest;
}
