/** What a replay finds in a record that was forged with every signing key: objects that contradict each other. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckId } from '../../../audit/checks.ts';
import { decodePayload } from '../../../audit/decode-payload.ts';
import type { AuditStore } from '../../../audit/open-record.ts';
import { type ReplayReport, replayRun } from '../../../audit/replay-run.ts';
import { replayBundle, type WorkflowBundle } from '../../../worker/workflow-bundle.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { forge, trustingRegistry } from './forge.ts';
import { at, replaceWhole, setAt, Tampered } from './tamper.ts';

let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

async function replay(tampered: Tampered, store?: AuditStore): Promise<ReplayReport> {
  const { recorded, source } = tampered;
  const { workflowId, audience } = recorded;
  const options = { workflowId, audience, source, registry: trustingRegistry(recorded), bundle };
  return await replayRun(store ? { ...options, store } : options);
}

function problems({ checks, findings }: ReplayReport): string[] {
  const failed = checks.filter(({ result }) => result === 'failed');
  return [
    ...failed.flatMap((check) => check.problems.map(({ reason }) => `${check.id}: ${reason}`)),
    ...findings.map(({ what }) => `finding: ${what.replace(/^replay failed.*/su, 'replay failed')}`),
  ];
}

function isAsk(body: unknown): boolean {
  return at(body, ['verdict']) === 'ask';
}

function firstAskOf(run: string): number {
  const ask = decodePayload(
    new Tampered(run).localResult('checkCall', (value) => isAsk(at(value, ['decision', 'body']))),
  );
  return Number(at(ask, ['decision', 'issuedAt']));
}

/** Sets a field of all objects of a domain that fit. */
function put(
  domain: string,
  path: readonly string[],
  value: (before: unknown) => unknown,
  fits: (body: unknown) => boolean = () => true,
): (domain: string, envelope: object) => boolean {
  return (one, envelope) => {
    const holder = at(envelope, path.slice(0, -1));
    const key = path.at(-1);
    if (one !== domain || !fits(at(envelope, ['body'])) || typeof holder !== 'object' || holder === null || !key)
      return false;
    return Reflect.set(holder, key, value(Reflect.get(holder, key)));
  };
}

const zeros = `sha256:${'0'.repeat(64)}`;
const hourMs = 3_600_000;
const isApproved = (body: unknown): boolean => typeof at(body, ['approval', 'nonce']) === 'string';
const isBroken = (body: unknown): boolean => at(body, ['verdict']) === 'break-glass';
const isLater = (body: unknown): boolean => typeof at(body, ['previousDecision']) === 'string';
const isDeletion = (body: unknown): boolean => String(at(body, ['activityId'])).includes(':delete_database:');
/** The request of the run "expire", by which a decision right after it came too early. */
const firstIssuedAt = firstAskOf('expire');
const later = (before: unknown): number => Number(before) + hourMs;

describe('a record forged with every key is still found out by', () => {
  const cases: { name: string; run: string; change: ReturnType<typeof put>; expected: string }[] = [
    {
      name: 'a decision for another principal than the ticket’s',
      run: 'approve',
      change: put('decision', ['body', 'principal'], () => 'pete'),
      expected: 'decision-of-run: the decision is for another principal',
    },
    {
      name: 'a decision by another policy than the ticket’s',
      run: 'approve',
      change: put('decision', ['body', 'policyDigest'], () => zeros),
      expected: 'decision-of-run: the decision is by another policy',
    },
    {
      name: 'a decision of another link',
      run: 'approve',
      change: put('decision', ['body', 'linkRunId'], () => '01a20000-0000-7000-8000-000000000000'),
      expected: 'decision-of-run: the decision is of another link',
    },
    {
      name: 'a decision that denies the one before it',
      run: 'approve',
      change: put('decision', ['body', 'previousDecision'], () => null, isLater),
      expected: 'decision-chain: the decision names none before it, and there is one',
    },
    {
      name: 'a decision that follows one which is nowhere',
      run: 'approve',
      change: put('decision', ['body', 'previousDecision'], () => zeros, isLater),
      expected: 'decision-chain: the decision before it is not in the record',
    },
    {
      name: 'a request whose terms are not those that were hashed',
      run: 'approve',
      change: put('decision', ['body', 'ask', 'terms', 'quorum'], () => 2, isAsk),
      expected: 'ask: the request’s terms, times or names do not fit together',
    },
    {
      name: 'a request with a later deadline than its terms give',
      run: 'approve',
      change: put('decision', ['body', 'ask', 'deadlineAt'], later, isAsk),
      expected: 'ask: the request’s terms, times or names do not fit together',
    },
    {
      name: 'a vote of the requester',
      run: 'approve',
      change: put('vote', ['body', 'principal'], () => 'rita'),
      expected: 'approval: the votes do not approve it: too few, late, unfitting, or of the requester',
    },
    {
      name: 'a vote that was cast too late',
      run: 'approve',
      change: put('vote', ['body', 'castAt'], later),
      expected: 'approval: the votes do not approve it: too few, late, unfitting, or of the requester',
    },
    {
      name: 'two votes of one person',
      run: 'two-approvers',
      change: put('vote', ['body', 'principal'], () => 'olga'),
      expected: 'approval: the votes do not approve it: too few, late, unfitting, or of the requester',
    },
    {
      name: 'a permit that outlives its approval',
      run: 'approve',
      change: put('decision', ['body', 'approval', 'executeByAt'], later, isApproved),
      expected: 'approval: the permit lives longer than the approval',
    },
    {
      name: 'a permit for other arguments than were approved',
      run: 'approve',
      change: put('decision', ['body', 'argumentsDigest'], () => zeros, isAsk),
      expected: 'approval: the permit is for something else than what was asked',
    },
    {
      name: 'a permit that rests on a request of another epoch',
      run: 'approve',
      change: put('decision', ['body', 'runEpoch'], () => 7, isAsk),
      expected: 'approval: the permit is for something else than what was asked',
    },
    {
      name: 'an expiry before the deadline',
      run: 'expire',
      change: put(
        'decision',
        ['issuedAt'],
        () => firstIssuedAt + 1,
        (body) => at(body, ['outcome']) === 'expired',
      ),
      expected: 'denial: it expired before its deadline',
    },
    {
      name: 'a denial by a person that calls itself an expiry',
      run: 'deny',
      change: put(
        'decision',
        ['body', 'outcome'],
        () => 'expired',
        (body) => at(body, ['outcome']) === 'denied',
      ),
      expected: 'denial: the rule and the outcome disagree on who denied',
    },
    {
      name: 'a receipt of a permit that was never given',
      run: 'approve',
      change: put('receipt', ['body', 'permitDigest'], () => zeros, isDeletion),
      expected: 'receipt-permit: the receipt names a permit that was never given',
    },
    {
      name: 'a receipt of another call',
      run: 'approve',
      change: put('receipt', ['body', 'try'], () => 2, isDeletion),
      expected: 'receipt-permit: the receipt does not fit the permit that it names',
    },
    {
      name: 'a permit for another activity',
      run: 'approve',
      change: put('decision', ['body', 'activityId'], () => '2.0.9.9:execute:delete_database:0', isApproved),
      expected: 'permit-arguments: the permit is for another activity, queue or link',
    },
    {
      name: 'a permit to execute in a dry run',
      run: 'dry-run',
      change: put('decision', ['body', 'purpose'], () => 'execute'),
      expected: 'decision-of-run: a dry run has a permit to execute',
    },
    {
      name: 'a permit by break-glass that does not say so',
      run: 'break-glass',
      change: put('decision', ['body', 'approval', 'breakGlass'], () => undefined, isApproved),
      expected: 'break-glass: a permit rests on a break-glass and does not say so, so that nobody reviews it',
    },
    {
      name: 'a break-glass by another role than the terms name',
      run: 'break-glass',
      change: put('decision', ['body', 'approval', 'breakGlass', 'role'], () => 'operator', isApproved),
      expected: 'break-glass: whoever broke the glass did not hold the role that its terms name',
    },
    {
      name: 'a break-glass by somebody who did not hold the role',
      run: 'break-glass',
      change: put('vote', ['body', 'roles'], () => ['operator'], isBroken),
      expected: 'break-glass: whoever broke the glass did not hold the role that its terms name',
    },
    {
      name: 'a break-glass of the requester',
      run: 'break-glass',
      change: put('vote', ['body', 'principal'], () => 'rita', isBroken),
      expected: 'break-glass: the glass was broken by somebody behind the run',
    },
    {
      name: 'a break-glass that another is said to have done',
      run: 'break-glass',
      change: put('decision', ['body', 'approval', 'breakGlass', 'by'], () => 'pete', isApproved),
      expected: 'break-glass: the permit names another vote than the one that broke the glass',
    },
    {
      name: 'a review that is due later than its terms say',
      run: 'break-glass',
      change: put('decision', ['body', 'approval', 'breakGlass', 'reviewDueAt'], later, isApproved),
      expected: 'break-glass: its review is due at another time than its terms say',
    },
    {
      name: 'a break-glass without a reason',
      run: 'break-glass',
      change: put('vote', ['body', 'reason'], () => null, isBroken),
      expected: 'break-glass: what it says of a reason, a confirmation, a time or its terms is not so',
    },
    {
      name: 'a break-glass that nobody confirmed',
      run: 'break-glass',
      change: put('vote', ['body', 'authenticated', 'stepUp'], () => undefined, isBroken),
      expected: 'break-glass: what it says of a reason, a confirmation, a time or its terms is not so',
    },
    {
      name: 'a break-glass after the deadline',
      run: 'break-glass',
      change: put('vote', ['body', 'castAt'], later, isBroken),
      expected: 'break-glass: what it says of a reason, a confirmation, a time or its terms is not so',
    },
    {
      name: 'an approval that is made out to be a break-glass',
      run: 'break-glass',
      change: put('vote', ['body', 'verdict'], () => 'approve', isBroken),
      expected: 'approval: the votes do not approve it: too few, late, unfitting, or of the requester',
    },
    {
      name: 'a probe that found the effect, after which it is asked for again',
      run: 'unknown-probed',
      change: put(
        'receipt',
        ['body', 'probe'],
        () => 'happened',
        (body) => at(body, ['probe']) === 'did-not-happen',
      ),
      expected: 'finding: replay failed',
    },
  ];

  it.each(cases)('$name', async ({ run, change, expected }) => {
    const tampered = new Tampered(run);
    forge(tampered, change);
    const report = await replay(tampered);
    expect(report.verdict).toBe('differs');
    expect(problems(report)).toContain(expected);
  });

  it('an effect that succeeded in the first try, and in the second', async () => {
    const tampered = new Tampered('unknown-answered');
    const isVoid = (body: unknown): boolean => at(body, ['purpose']) === 'void';
    forge(
      tampered,
      put('receipt', ['body', 'outcome'], () => 'succeeded', isVoid),
    );
    forge(
      tampered,
      put('receipt', ['body', 'purpose'], () => 'execute', isVoid),
    );
    expect(problems(await replay(tampered))).toContain('effect-once: the same effect succeeded twice');
  });

  it('another effect class of the same tool', async () => {
    const tampered = new Tampered('approve');
    const isPermit = (value: unknown): boolean => isApproved(at(value, ['decision', 'body']));
    setAt(tampered.localResult('checkCall', isPermit), ['tool', 'effect'], () => 'read');
    expect(problems(await replay(tampered))).toContain('effect-class: the same tool has another effect class here');
  });

  it('a request without an end', async () => {
    const tampered = new Tampered('expire');
    const isExpiry = (value: unknown): boolean => at(value, ['decision', 'body', 'outcome']) === 'expired';
    replaceWhole(tampered.localResult('checkCall', isExpiry), () => ({ kind: 'still-open', notCounted: [] }));
    expect(problems(await replay(tampered))).toContain('ask-outcome: the run ended and the request has no outcome');
  });
});

describe('a record that the store contradicts:', () => {
  const empty: AuditStore = {
    getRun: () => Promise.resolve(null),
    listDecisions: () => Promise.resolve([]),
    votesByNonce: () => Promise.resolve([]),
    looksOf: () => Promise.resolve([]),
    tellingsOf: () => Promise.resolve([]),
    getBody: () => Promise.resolve(null),
    listLedger: () => Promise.resolve([]),
    listControl: () => Promise.resolve([]),
    listAsks: () => Promise.resolve([]),
  };
  const intent = { kind: 'intent', sequence: 1, body: { permitDigest: zeros } };
  const cases: { name: string; run: string; store: object; check: CheckId }[] = [
    { name: 'a run that it does not know', run: 'approve', store: {}, check: 'store-run' },
    { name: 'decisions that it does not hold', run: 'approve', store: {}, check: 'store-decisions' },
    {
      name: 'an effect that the history does not have',
      run: 'approve',
      store: { listLedger: () => Promise.resolve([intent]) },
      check: 'store-effects',
    },
    { name: 'an answer of a person that it does not hold', run: 'unknown-answered', store: {}, check: 'denial' },
  ];

  const notClosed = 'store-ledger: the ledger does not say that the run was closed';
  const closedBy = (...linkRunIds: string[]): AuditStore => ({
    ...empty,
    listLedger: () =>
      Promise.resolve(
        linkRunIds.map((linkRunId, place) => {
          const body = { linkRunId, outcome: 'completed' };
          return { kind: 'run-closed', sequence: place + 1, workflowId: '', callKey: null, body, at: 0 };
        }),
      ),
  });
  const fork = '431f33cb-fca2-42be-b457-04d04a111d1c';
  /** What it takes to find the end of the run in the ledger. */
  const found = async (tampered: Tampered, ...linkRunIds: string[]): Promise<boolean> =>
    !problems(await replay(tampered, closedBy(...linkRunIds))).includes(notClosed);

  it('an end that somebody gave the closing by its id', async () => {
    const tampered = new Tampered('approve');
    expect(await found(tampered)).toBe(false);
    expect(await found(tampered, 'another')).toBe(false);
    expect(await found(tampered, tampered.firstRunId)).toBe(true);
  });

  it('an end that nobody noted, in a link to which a reset copied its closing', async () => {
    const tampered = new Tampered('approve');
    tampered.reset('behind-closing', fork);
    expect(await found(tampered)).toBe(false);
    expect(await found(tampered, tampered.firstRunId)).toBe(true);
  });

  it('an end that somebody gave by its id in a link that had to close for itself', async () => {
    const tampered = new Tampered('approve');
    tampered.reset('before-closing', fork);
    expect(await found(tampered, tampered.firstRunId)).toBe(false);
    expect(await found(tampered, tampered.firstRunId, fork)).toBe(true);
  });

  it('an end that nobody noted, where the link that was reset is missing', async () => {
    const tampered = new Tampered('approve');
    tampered.reset('behind-closing', fork);
    const base = tampered.firstRunId;
    tampered.links.shift();
    expect(await found(tampered)).toBe(false);
    expect(await found(tampered, fork)).toBe(false);
    expect(await found(tampered, base)).toBe(true);
  });

  it('an end that nobody noted, in links that name each other as the one that was reset', async () => {
    const tampered = new Tampered('approve');
    tampered.reset('behind-closing', tampered.firstRunId, fork);
    tampered.reset('behind-closing', fork);
    tampered.links.shift();
    expect(await found(tampered)).toBe(false);
  });

  it('a denial that nobody cast', async () => {
    const tampered = new Tampered('deny');
    forge(
      tampered,
      put('vote', ['body', 'verdict'], () => 'approve'),
    );
    expect(problems(await replay(tampered, empty))).toContain('denial: nobody’s vote denies it');
  });

  it.each(cases)('$name', async ({ run, store, check }) => {
    const report = await replay(new Tampered(run), { ...empty, ...store });
    expect(report.verdict).toBe('differs');
    expect(report.checks.filter(({ result }) => result === 'failed').map(({ id }) => id)).toContain(check);
  });
});
