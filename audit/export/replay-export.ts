/**
 * Replays an export as its audit: digest and signature of the file, keys, then all that a replay of a run checks, from the file
 * alone. Keys that the file brings along vouch for nothing: without keys from outside the verdict is never `verified`.
 */
import { type Check, Checks } from '../checks.ts';
import { signedExportSchema } from '../../core/contracts/export.ts';
import type { RegistryKey } from '../../core/contracts/envelope.ts';
import { type KeyRegistry, openEnvelope } from '../../core/envelope.ts';
import { kidOf, verifySignature } from '../../keys/index.ts';
import { type ReplayReport, replayRecorded, verifyRecorded } from '../replay-run.ts';
import type { FindSecretRules } from '../verify-no-secrets.ts';
import type { ReplayBundle } from '../replay-links.ts';
import { storeOfExport } from './export-store.ts';
import { grantsNamed, namedOrders } from './named-orders.ts';
import { type NamedThings, noteText, noteValue } from './named-things.ts';
import type { ExportRead } from './read-export.ts';
import { historyToJson } from '../history-source.ts';

export interface ReplayExportOptions {
  read: ExportRead;
  /** From outside the file; null where there is none, and the file's own are used. */
  registry: KeyRegistry | null;
  /** The deployment whose signatures count; null takes the word of the file, which is shown. */
  audience: string | null;
  /** As `ReplayOptions.findSecretRules`. */
  findSecretRules?: FindSecretRules;
  /** As `ReplayOptions.buildId`. */
  buildId?: string;
  bundle: ReplayBundle;
}

export interface ExportReport extends ReplayReport {
  export: {
    /** Who the signatures are for. */
    audience: string;
    exportedAt: number;
    kid: string;
    digest: string;
    /** Where the keys that verified came from. */
    keys: 'outside' | 'file';
  };
}

/** @throws {CountersignError} `key-unavailable` */
export async function replayExport({ bundle, ...options }: ReplayExportOptions): Promise<ExportReport> {
  const { read, registry } = options;
  const prepared = prepare(options);
  const report = await replayRecorded({
    ...prepared,
    bundle,
    ...(options.buildId === undefined ? {} : { buildId: options.buildId }),
  });
  const { issuedAt: exportedAt, kid } = read.signed;
  const { audience } = prepared;
  return { ...report, export: { audience, exportedAt, kid, digest: read.digest, keys: registry ? 'outside' : 'file' } };
}

/** All of it but the replaying, which takes most of the time. */
export async function verifyExport(options: Omit<ReplayExportOptions, 'bundle'>): Promise<Check[]> {
  return (await verifyRecorded(prepare(options))).checks;
}

function prepare({ read, registry, audience, findSecretRules }: Omit<ReplayExportOptions, 'bundle'>) {
  const checks = new Checks();
  const keys = registry ?? registryOf(read.keys);
  const wanted = audience ?? read.signed.audience;
  verifyFile(read, keys, wanted, checks);
  verifyKeys(read, registry, checks);
  verifyNamed(read, checks);
  const { workflowId, links } = read;
  const store = storeOfExport(read);
  return {
    workflowId,
    links,
    registry: keys,
    audience: wanted,
    checks,
    ...(store ? { store } : {}),
    ...(findSecretRules ? { findSecretRules } : {}),
  };
}

function verifyFile(read: ExportRead, registry: KeyRegistry, audience: string, checks: Checks): void {
  const { signed, digest, parts, workflowId } = read;
  const { body } = signed;
  checks.expect('export-digest', body.digest === digest, null, 'the file has another digest than was signed');
  checks.expect('export-digest', body.parts === parts, null, 'the file has another number of parts than was signed');
  checks.expect(
    'export-digest',
    body.workflowId === workflowId,
    null,
    'the file was signed as the export of another run',
  );
  for (const { line, part } of read.misplaced) {
    checks.expect(
      'export-order',
      false,
      null,
      `the ${part} in line ${line} has another digest than it was written with`,
    );
  }
  checks.expect('export-order', true, null, '');
  const opened = openEnvelope(signed, { schema: signedExportSchema, audience, registry, now: null });
  const failure = opened.kind === 'rejected' ? opened.failure : '';
  checks.expect('export-signature', opened.kind === 'opened', null, `the file’s signature does not verify: ${failure}`);
}

function registryOf(keys: readonly RegistryKey[]): KeyRegistry {
  const own = keys.filter((key) => kidOf(key.domain, key.publicKey) === key.kid);
  const byKid = new Map(own.map((key) => [key.kid, key]));
  return { keyByKid: (kid) => byKid.get(kid), verify: verifySignature };
}

/** Since the export a key may have been rotated out or revoked, and nothing else. */
function verifyKeys(read: ExportRead, registry: KeyRegistry | null, checks: Checks): void {
  for (const key of read.keys) {
    const named = kidOf(key.domain, key.publicKey) === key.kid;
    checks.expect('export-keys', named, null, `key ${key.kid} is not named after its public key`);
    const known = registry?.keyByKid(key.kid);
    if (!registry) continue;
    const same =
      known !== undefined &&
      known.domain === key.domain &&
      known.publicKey === key.publicKey &&
      known.from === key.from &&
      (key.to === null || (known.to !== null && known.to <= key.to)) &&
      (key.revokedAt === null || known.revokedAt === key.revokedAt);
    checks.expect('export-keys', same, null, `key ${key.kid} is another one, or unknown, in the registry from outside`);
  }
  if (registry) return;
  const reason =
    'the keys are the file’s own: whoever made the file can have made them; name a registry that you have from elsewhere with --keys';
  checks.skip('export-keys', null, reason);
}

/** What nothing names was put in; what is named and is public knowledge must be there. */
function verifyNamed(read: ExportRead, checks: Checks): void {
  const named = namedIn(read);
  const nonces = new Set(read.decisions.flatMap(({ body }) => (body.verdict === 'ask' ? [body.ask.nonce] : [])));
  for (const { nonce } of grantsNamed(read.decisions)) nonces.add(nonce);
  const cards = new Set(read.decisions.flatMap(({ body }) => (body.verdict === 'ask' ? [body.ask.cardDigest] : [])));
  const expect = (holds: boolean, what: string): boolean => checks.expect('export-named', holds, null, what);
  for (const digest of read.cards.keys()) expect(cards.has(digest), `card ${digest} is of no request`);
  for (const { body } of read.votes) expect(nonces.has(body.nonce), 'a vote is for no request of this run');
  const asked = new Set(read.decisions.flatMap(({ body }) => (body.verdict === 'ask' ? [body.ask.nonce] : [])));
  for (const { nonce } of read.looks) expect(asked.has(nonce), 'a note of who looked is of no request of this run');
  for (const { nonce } of read.tellings)
    expect(asked.has(nonce), 'a note of who was told is of no request of this run');
  for (const digest of read.bodies.keys()) expect(named.bodies.has(digest), `body ${digest} is named by nothing`);
  for (const { kid } of read.keys) expect(named.kids.has(kid), `key ${kid} has signed nothing`);
  const keys = new Set(read.keys.map(({ kid }) => kid));
  for (const kid of signersIn(read)) expect(keys.has(kid), `key ${kid} has signed something and is not in the file`);
  const orders = new Set(namedOrders(read.workflowId, null, read.decisions, read.controls));
  for (const control of read.controls) {
    expect(orders.has(control), `order ${control.body.sequence} has nothing to do with this run`);
  }
}

function namedIn(read: ExportRead): NamedThings {
  const named: NamedThings = { kids: new Set([read.signed.kid]), bodies: new Map() };
  for (const { history } of read.links) noteValue(named, historyToJson(history));
  for (const part of [read.decisions, read.votes, read.controls, read.ledger]) noteText(named, JSON.stringify(part));
  return named;
}

/** Of what the store signed off: a history may hold signatures of anybody. */
function signersIn({ decisions, votes, controls, ledger, signed }: ExportRead): Set<string> {
  const written: NamedThings = { kids: new Set([signed.kid]), bodies: new Map() };
  noteText(written, JSON.stringify([decisions, votes, controls, ledger]));
  return written.kids;
}
