/**
 * Compares approval terms of two versions of a policy, key by key: what is tighter for sure, what is looser, and what cannot
 * be told. A key that it does not know is never taken for one that changes nothing.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import { riskSchema } from '../core/contracts/labels.ts';
import type { Direction, PolicyDifference } from './compare.ts';
import { parseDuration } from './duration.ts';
import { usualBreakGlass, usualStepUpFrom } from './terms.ts';

const unknown = (path: string, what: string): PolicyDifference => ({ direction: 'unknown', path, what });

/** Lists by key, where each entry tightens (or loosens) by itself. */
export function compareSets(
  before: unknown,
  after: unknown,
  part: string,
  added: 'tighter' | 'looser',
): PolicyDifference[] {
  const [old, now] = [asRecord(before), asRecord(after)];
  const removed = added === 'tighter' ? 'looser' : 'tighter';
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((key): PolicyDifference[] => {
    const [was, is] = [asList(old[key]), asList(now[key])];
    const path = `${part}.${key}`;
    const gone = was.filter((one) => !is.includes(one)).length;
    const fresh = is.filter((one) => !was.includes(one)).length;
    return [
      ...(gone > 0 ? [{ direction: removed, path, what: `${gone} fewer` } as const] : []),
      ...(fresh > 0 ? [{ direction: added, path, what: `${fresh} more` } as const] : []),
    ];
  });
}

export function compareTerms(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): PolicyDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): PolicyDifference[] => {
    const path = `approvals.${name}`;
    const [old, now] = [before[name], after[name]];
    // Terms that nobody named before bind nobody; who names them now is another difference. `default` binds the engine's rules.
    if (old === undefined) return name === 'default' ? [unknown(path, 'they are new')] : [];
    if (now === undefined) return [unknown(path, 'they are taken away')];
    return canonicalJson(old) === canonicalJson(now) ? [] : compareTerm(path, asRecord(old), asRecord(now));
  });
}

/** Which of two is the stricter is known of these. */
const comparedTerms: ReadonlySet<string> = new Set([
  'quorum',
  'deadline',
  'executeWithin',
  'requesterMayApprove',
  'reasonRequired',
  'approvers',
  'breakGlass',
  'stepUpFrom',
]);

const confirmWords = [...riskSchema.options, 'none'].map((from) =>
  from === 'none' ? 'no risk on' : `risk ${from} on`,
);

/** From which risk on an approval is confirmed, as a number that is lower the more of them are. */
function confirmedFromOf(written: unknown): number {
  const from = [...riskSchema.options, 'none'].findIndex((one) => one === (written ?? usualStepUpFrom));
  return from < 0 ? confirmWords.length : from;
}

function compareTerm(
  path: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): PolicyDifference[] {
  const differences: PolicyDifference[] = [];
  const add = (direction: Direction, what: string): void => void differences.push({ direction, path, what });
  const [quorumBefore, quorumAfter] = [Number(before['quorum'] ?? 1), Number(after['quorum'] ?? 1)];
  if (quorumBefore !== quorumAfter) {
    add(quorumAfter > quorumBefore ? 'tighter' : 'looser', `quorum: ${quorumBefore} becomes ${quorumAfter}`);
  }
  for (const key of ['deadline', 'executeWithin'] as const) {
    const [old, now] = [before, after].map((terms) => durationIn(terms[key]));
    if (old !== now && old !== undefined && now !== undefined) add(now < old ? 'tighter' : 'looser', `${key} changed`);
  }
  for (const [key, strictest] of [
    ['requesterMayApprove', false],
    ['reasonRequired', true],
  ] as const) {
    const [old, now] = [before, after].map((terms) => Boolean(terms[key] ?? false));
    if (old !== now) add(now === strictest ? 'tighter' : 'looser', `${key} is ${String(now)}`);
  }
  const [confirmedFrom, confirmed] = [before, after].map((terms) => confirmedFromOf(terms['stepUpFrom']));
  if (confirmedFrom !== confirmed && confirmedFrom !== undefined && confirmed !== undefined) {
    add(
      confirmed < confirmedFrom ? 'tighter' : 'looser',
      `fresh confirmation is from ${confirmWords[confirmed] ?? ''}`,
    );
  }
  differences.push(...compareGrantCaps(path, before['grants'], after['grants']));
  differences.push(...compareBreakGlass(`${path}.breakGlass`, before['breakGlass'], after['breakGlass']));
  differences.push(...compareSets(before['approvers'], after['approvers'], `${path}.approvers`, 'looser'));
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (comparedTerms.has(key) || canonicalJson(before[key] ?? null) === canonicalJson(after[key] ?? null)) continue;
    differences.push(unknown(`${path}.${key}`, 'it changed'));
  }
  return differences;
}

function compareGrantCaps(path: string, before: unknown, after: unknown): PolicyDifference[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  if (before === undefined) return [{ direction: 'looser', path, what: 'approvals may be given as grants' }];
  if (after === undefined) return [{ direction: 'tighter', path, what: 'no approval is given as a grant any more' }];
  return [unknown(path, 'what a grant may give changed')];
}

/** One more who may answer alone is looser, whoever it is; a review that comes later is, too. */
function compareBreakGlass(path: string, before: unknown, after: unknown): PolicyDifference[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  if (before === undefined) return [{ direction: 'looser', path, what: 'one person may answer alone' }];
  if (after === undefined) return [{ direction: 'tighter', path, what: 'nobody answers alone any more' }];
  const [old, now] = [asRecord(before), asRecord(after)];
  const differences: PolicyDifference[] = [];
  if (old['role'] !== now['role']) {
    const what = `whoever holds role "${String(now['role'])}" may answer alone`;
    differences.push({ direction: 'looser', path: `${path}.role`, what });
  }
  const [usesBefore, uses] = [old, now].map(({ perDay }) => Number(perDay ?? usualBreakGlass.perDay));
  if (usesBefore !== uses) {
    const direction = Number(uses) < Number(usesBefore) ? 'tighter' : 'looser';
    differences.push({ direction, path: `${path}.perDay`, what: `${usesBefore} uses a day become ${uses}` });
  }
  const [dueBefore, due] = [old, now].map(({ reviewWithin }) =>
    durationIn(reviewWithin ?? usualBreakGlass.reviewWithin),
  );
  if (dueBefore !== due) {
    const direction = Number(due) < Number(dueBefore) ? 'tighter' : 'looser';
    differences.push({ direction, path: `${path}.reviewWithin`, what: 'when its review is due changed' });
  }
  return differences;
}

function durationIn(text: unknown): number {
  return parseDuration(typeof text === 'string' ? text : '15m') ?? 0;
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
