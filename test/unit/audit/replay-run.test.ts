import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckId } from '../../../audit/checks.ts';
import { renderPostmortem } from '../../../audit/render-postmortem.ts';
import { type ReplayReport, replayRun } from '../../../audit/replay-run.ts';
import { signedDecisionSchema } from '../../../core/contracts/decision.ts';
import { signingBytes } from '../../../core/envelope.ts';
import { signerOf } from '../../../keys/index.ts';
import { replayBundle, type WorkflowBundle } from '../../../worker/workflow-bundle.ts';
import { registryOf } from '../../histories/recorded.ts';
import { bundleFolder } from '../../support/bundle-folder.ts';
import { at, localMarkers, replaceWhole, setAt, Tampered } from './tamper.ts';

let bundle: WorkflowBundle;

beforeAll(async () => {
  bundle = await replayBundle(bundleFolder);
});

async function replay(tampered: Tampered): Promise<ReplayReport> {
  const { recorded, source } = tampered;
  const { workflowId, audience } = recorded;
  return await replayRun({ workflowId, audience, source, registry: registryOf(recorded), bundle });
}

function failedChecks(report: ReplayReport): CheckId[] {
  return report.checks.filter(({ result }) => result === 'failed').map(({ id }) => id);
}

/** Failed checks and kinds of findings; of a failed replay without Temporal's own words. */
function found(report: ReplayReport): string[] {
  return [
    ...failedChecks(report),
    ...report.findings.map(({ what }) => what.replace(/^replay failed.*/su, 'replay failed')),
  ];
}

const isPermitToDelete = (value: unknown): boolean =>
  at(value, ['decision', 'body', 'verdict']) === 'allow' &&
  at(value, ['decision', 'body', 'tool', 'name']) === 'delete_database';
const isDeletion = (value: unknown): boolean => at(value, ['permit', 'body', 'tool', 'name']) === 'delete_database';
const isCallForDeletion = (value: unknown): boolean => at(value, ['message', 'calls', 0, 'name']) === 'delete_database';
const isDeletionResult = (value: unknown): boolean =>
  String(at(value, ['receipt', 'body', 'activityId'])).includes('delete_database');
const zeros = `sha256:${'0'.repeat(64)}`;

describe('replay of an untouched record', () => {
  it('verifies a run that was approved, and tells its story', async () => {
    const report = await replay(new Tampered('approve'));
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('verified');
    expect(report.timeline.map(({ kind }) => kind)).toEqual([
      'run-started',
      'model-answered',
      'decided',
      'permitted',
      'executed',
      'model-answered',
      'decided',
      'asked',
      'voted',
      'request-ended',
      'decided',
      'permitted',
      'executed',
      'model-answered',
      'closed',
      'ended',
    ]);
  });

  it('says of an approval that came sooner than a card can be read that it did, and of no denial', async () => {
    const hasty = renderPostmortem(await replay(new Tampered('approve')));
    expect(hasty).toMatch(/APPROVED by .* after it was asked, too soon to have been read\n/u);
    const denied = renderPostmortem(await replay(new Tampered('deny')));
    expect(denied).toMatch(/DENIED by .* after it was asked\n/u);
  });

  it('verifies a chain of two links', async () => {
    const report = await replay(new Tampered('continue-as-new'));
    expect(report.links).toBe(2);
    expect(report.verdict).toBe('verified');
  });

  it('knows no run without a history', async () => {
    const { recorded } = new Tampered('approve');
    const options = { workflowId: 'run-none', audience: recorded.audience, registry: registryOf(recorded), bundle };
    const source = { links: () => Promise.resolve([]) };
    await expect(replayRun({ ...options, source })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is told on one line each, with nothing that a terminal interprets', async () => {
    const tampered = new Tampered('approve');
    setAt(tampered.activityResult('callModel'), ['message', 'text'], () => 'hi\u001b[2J\u202eevil\nVerdict: verified');
    const text = renderPostmortem(await replay(tampered));
    expect(text).toContain('\\u{1B}[2J\\u{202E}evil\\nVerdict: verified');
    expect(text.split('\n').filter((line) => line.startsWith('Verdict:'))).toEqual(['Verdict: differs']);
  });
});

describe('replay finds what was changed:', () => {
  const cases: {
    name: string;
    tamper: (tampered: Tampered) => void;
    expected: [string, ...string[]];
  }[] = [
    {
      name: 'a verdict flipped in a decision',
      tamper: (one) =>
        setAt(one.localResult('checkCall', isPermitToDelete), ['decision', 'body', 'verdict'], () => 'deny'),
      expected: ['decision-signature', 'replay failed'],
    },
    {
      name: 'the reason of a rule in a decision',
      tamper: (one) => setAt(one.localResult('checkCall'), ['decision', 'body', 'rules', 0, 'reason'], () => 'because'),
      expected: ['decision-signature'],
    },
    {
      name: 'arguments in the input of an execution',
      tamper: (one) => setAt(one.activityInput('runTool', isDeletion), ['arguments'], () => '{"name":"customers"}'),
      expected: ['permit-arguments', 'input of "runTool"'],
    },
    {
      name: 'arguments in the input of an execution and in the decision that permits it',
      tamper: (one) => {
        setAt(one.activityInput('runTool', isDeletion), ['arguments'], () => '{"name":"customers"}');
        setAt(one.localResult('checkCall', isPermitToDelete), ['arguments'], () => '{"name":"customers"}');
      },
      expected: ['permit-arguments', 'replay failed'],
    },
    {
      name: 'the output digest of a receipt',
      tamper: (one) =>
        setAt(one.activityResult('runTool', isDeletionResult), ['receipt', 'body', 'outputDigest'], () => zeros),
      expected: ['receipt-signature'],
    },
    {
      name: 'the output of an execution',
      tamper: (one) =>
        setAt(one.activityResult('runTool', isDeletionResult), ['output', 'text'], () => 'nothing deleted'),
      expected: ['receipt-output'],
    },
    {
      name: 'the outcome of a receipt',
      tamper: (one) =>
        setAt(one.activityResult('runTool', isDeletionResult), ['receipt', 'body', 'outcome'], () => 'failed'),
      expected: ['receipt-signature'],
    },
    {
      name: 'an execution’s result made unknown',
      tamper: (one) =>
        replaceWhole(one.activityResult('runTool', isDeletionResult), () => ({
          kind: 'unknown',
          reason: 'it was lost',
        })),
      expected: ['unknown-kept', 'replay failed'],
    },
    {
      name: 'the time at which a vote was cast, in the signal',
      tamper: (one) => setAt(one.signal(), ['body', 'castAt'], (before) => Number(before) - 1000),
      expected: ['vote-recorded', 'checked votes'],
    },
    {
      name: 'the time at which a vote was cast, in what was checked',
      tamper: (one) =>
        setAt(one.localResult('verifyVotes'), [0, 'vote', 'body', 'castAt'], (before) => Number(before) - 1000),
      expected: ['vote-signature'],
    },
    {
      name: 'a vote taken out of what was checked',
      tamper: (one) => replaceWhole(one.localResult('verifyVotes'), () => []),
      expected: ['checked votes'],
    },
    {
      name: 'a vote taken out everywhere',
      tamper: (one) => {
        replaceWhole(one.localResult('verifyVotes'), () => []);
        setAt(one.localResult('checkCall', isPermitToDelete), ['votes'], () => []);
        setAt(one.activityInput('runTool', isDeletion), ['votes'], () => []);
        one.remove(one.find('signal', (event) => Boolean(event.workflowExecutionSignaledEventAttributes)));
      },
      expected: ['history-order'],
    },
    {
      name: 'a decision moved behind the execution that it permits',
      tamper: (one) => {
        const { events } = one;
        const scheduled = events.findIndex(
          (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'runTool',
        );
        const marker = localMarkers(events.slice(0, scheduled), 'checkCall').at(-1);
        const place = marker ? events.indexOf(marker) : -1;
        const [first, second] = [events[place], events[scheduled]];
        if (!first || !second) throw new TypeError('nothing to move');
        [events[place], events[scheduled]] = [second, first];
        [first.eventId, second.eventId] = [second.eventId, first.eventId];
      },
      expected: ['permit-first', 'replay failed'],
    },
    {
      name: 'the model’s words in an answer',
      tamper: (one) => setAt(one.activityResult('callModel'), ['message', 'text'], () => 'I never said that.'),
      expected: ['input of "callModel"'],
    },
    {
      name: 'the model’s last words',
      tamper: (one) =>
        setAt(
          one.activityResult('callModel', (value) => at(value, ['message', 'calls', 0]) === undefined),
          ['message', 'text'],
          () => 'I never said that.',
        ),
      expected: ['result of the run'],
    },
    {
      name: 'the arguments that the model asked for',
      tamper: (one) =>
        setAt(
          one.activityResult('callModel', isCallForDeletion),
          ['message', 'calls', 0, 'argumentsText'],
          () => '{"name":"customers"}',
        ),
      expected: ['input of "callModel"'],
    },
    {
      name: 'the tool that the model asked for',
      tamper: (one) =>
        setAt(one.activityResult('callModel', isCallForDeletion), ['message', 'calls', 0, 'name'], () => 'send'),
      expected: ['what the decision is about'],
    },
    {
      name: 'the tool of a permit',
      tamper: (one) =>
        setAt(one.activityInput('runTool', isDeletion), ['permit', 'body', 'tool', 'name'], () => 'send'),
      expected: ['decision-signature', 'input of "runTool"'],
    },
    {
      name: 'the requester of a ticket',
      tamper: (one) => {
        const [payload] = one.events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
        if (!payload) throw new TypeError('no input');
        setAt(payload, ['ticket', 'body', 'principal'], () => 'pete');
      },
      expected: ['ticket'],
    },
    {
      name: 'the outcome at the end',
      tamper: (one) => setAt(one.activityInput('closeRun'), ['calls', 1, 'outcome'], () => 'failed'),
      expected: ['unknown-kept', 'input of "closeRun"'],
    },
    {
      name: 'the result of the run',
      tamper: (one) => {
        const event = one.find('end', ({ workflowExecutionCompletedEventAttributes: end }) => Boolean(end));
        const [payload] = event.workflowExecutionCompletedEventAttributes?.result?.payloads ?? [];
        if (!payload) throw new TypeError('no result');
        setAt(payload, ['text'], () => 'All is well.');
      },
      expected: ['result of the run'],
    },
    {
      name: 'what a run showed of itself when it started',
      tamper: (one) => {
        const start = one.events[0]?.workflowExecutionStartedEventAttributes;
        replaceWhole(start?.searchAttributes?.indexedFields?.['CountersignState'] ?? {}, () => 'held');
      },
      expected: ['chain'],
    },
    {
      name: 'the summary of a timer, where it was cancelled',
      tamper: (one) => {
        const cancelled = one.find('cancelled timer', (event) => Boolean(event.timerCanceledEventAttributes));
        replaceWhole(cancelled.userMetadata?.summary ?? {}, () => 'approval of another tool');
      },
      expected: ['history-order'],
    },
  ];

  it.each(cases)('$name', async ({ tamper, expected }) => {
    const tampered = new Tampered('approve');
    tamper(tampered);
    const report = await replay(tampered);
    expect(report.verdict).toBe('differs');
    expect(found(report)).toEqual(expect.arrayContaining(expected));
  });

  it('a decision signed by a key that nobody registered', async () => {
    const tampered = new Tampered('approve');
    const signer = signerOf('decision', generateKeyPairSync('ed25519').privateKey);
    setAt(tampered.localResult('checkCall', isPermitToDelete), ['decision'], (before) => {
      const decision = signedDecisionSchema.parse(before);
      const envelope = { ...decision, kid: signer.kid };
      return { ...envelope, signature: signer.sign(signingBytes(envelope)) };
    });
    const report = await replay(tampered);
    expect(report.verdict).toBe('differs');
    expect(failedChecks(report)).toContain('decision-signature');
    expect(report.timeline.map(({ kind }) => kind)).toContain('unverified');
  });

  it('a tail that was cut off, which is incomplete and no difference', async () => {
    const tampered = new Tampered('approve');
    const closing = tampered.events.findIndex(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'closeRun',
    );
    // Up to and with the start of the workflow task that went on.
    tampered.events.splice(closing - 1);
    const report = await replay(tampered);
    expect(report.verdict).toBe('incomplete');
    expect(report.checks.find(({ id }) => id === 'ended')?.result).toBe('not-checked');
  });

  it.each([
    ['terminated', { eventType: 27, workflowExecutionTerminatedEventAttributes: { reason: 'reset' } }],
    ['timed-out', { eventType: 4, workflowExecutionTimedOutEventAttributes: {} }],
  ])(
    'a run that was %s while a request was open, which is incomplete: what a deleted reset leaves',
    async (how, end) => {
      const tampered = new Tampered('expire');
      const waiting = tampered.find('timer', (event) => Boolean(event.timerStartedEventAttributes));
      const { eventId, eventTime, taskId } = waiting;
      const next = { eventId: eventId?.add(1) ?? null, taskId: taskId?.add(1) ?? null, eventTime: eventTime ?? null };
      const cut = { ...next, ...end };
      tampered.events.splice(tampered.events.indexOf(waiting) + 1, tampered.events.length, cut);
      const report = await replay(tampered);
      expect(found(report)).toEqual([]);
      expect(report.verdict).toBe('incomplete');
      const reasons = report.checks.flatMap(({ id, result, reason }) =>
        result === 'ok' ? [] : [[id, result, reason]],
      );
      expect(reasons).toContainEqual([
        'ended',
        'not-checked',
        `the run was cut from outside (${how}): what followed, if anything, is not in the record`,
      ]);
      expect(reasons).toContainEqual(['ask-outcome', 'not-checked', expect.stringContaining('cut from outside')]);
    },
  );

  it('a reset whose new link was terminated, which is incomplete', async () => {
    const tampered = new Tampered('reset');
    const events = tampered.links[1]?.history.events ?? [];
    const last = events.at(-1);
    events.splice(-1, 1, {
      eventId: last?.eventId ?? null,
      eventTime: last?.eventTime ?? null,
      taskId: last?.taskId ?? null,
      eventType: 27,
      workflowExecutionTerminatedEventAttributes: {},
    });
    const report = await replay(tampered);
    expect(report.links).toBe(2);
    expect(report.verdict).toBe('incomplete');
  });

  it('the end taken from a link that was reset', async () => {
    const tampered = new Tampered('reset');
    tampered.events.pop();
    const report = await replay(tampered);
    expect(report.verdict).toBe('differs');
    expect(report.checks).toContainEqual(
      expect.objectContaining({ id: 'chain', reason: 'the link was reset, and its end is missing' }),
    );
  });

  it('a link that is missing from the chain', async () => {
    const tampered = new Tampered('continue-as-new');
    tampered.links.shift();
    const report = await replay(tampered);
    expect(report.verdict).not.toBe('verified');
  });

  it('another input handed to the next link', async () => {
    const tampered = new Tampered('continue-as-new');
    const start = tampered.links[1]?.history.events?.[0]?.workflowExecutionStartedEventAttributes;
    const [payload] = start?.input?.payloads ?? [];
    if (!payload) throw new TypeError('no input');
    setAt(payload, ['flow', 'counters', 'calls'], (before) => Number(before) + 1);
    const report = await replay(tampered);
    expect(failedChecks(report)).toContain('chain');
  });
});

it('P4 what a tool said before anybody was asked is no end of its call', async () => {
  const tampered = new Tampered('said-before');
  setAt(tampered.activityInput('closeRun'), ['calls', 0, 'outcome'], () => 'dry-run');
  const { checks } = await replay(tampered);
  expect(checks.find(({ id }) => id === 'unknown-kept')?.reason).toBe(
    'the end says "dry-run" of a call, and nothing in the record does',
  );
});
