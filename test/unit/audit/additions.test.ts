/**
 * What was put into a history and changes nothing that a run of ours reads: another reader of the file would take it for true, so
 * each addition fails the check of shapes. What a server adds, or whoever signals sends, stays what it was.
 */
import { describe, expect, test } from 'vitest';
import { Checks } from '../../../audit/checks.ts';
import { historyFromJson } from '../../../audit/history-source.ts';
import { verifyAdditions } from '../../../audit/verify-additions.ts';
import { loadRecorded, recordedNames } from '../../histories/recorded.ts';

type Event = Record<string, unknown> & { eventType: string };
type Attributes = Record<string, unknown>;

const bytes = (text: string): string => Buffer.from(text).toString('base64');
const textIn = ({ data }: { data: string }): string => Buffer.from(data, 'base64').toString('utf8');
const metadata = { encoding: bytes('json/plain') };

/** @param change of the first event of the kind in the run that was edited and approved */
function problemsAfter(kind: string, change: (event: Event, attributes: Attributes) => void): string[] {
  const [link] = structuredClone(loadRecorded(recordWith(kind)).links) as {
    linkRunId: string;
    history: { events: Event[] };
  }[];
  if (!link) throw new Error('the recorded run has no link');
  const event = link.history.events.find(({ eventType }) => eventType === `EVENT_TYPE_${kind}`);
  const name = Object.keys(event ?? {}).find((key) => key.endsWith('EventAttributes'));
  if (!event || !name) throw new Error(`the recorded run has no ${kind}`);
  change(event, event[name] as Attributes);
  const checks = new Checks();
  verifyAdditions([{ linkRunId: link.linkRunId, history: historyFromJson(link.history) }], checks);
  return checks.list().flatMap(({ problems }) => problems.map(({ reason }) => reason));
}

const recordWith = (kind: string): string =>
  kind === 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW' ? 'continue-as-new' : 'edit';

const firstPayload = (attributes: Attributes, field: string): { data: string } =>
  (attributes[field] as { payloads: [{ data: string }] }).payloads[0];

/** The same value to a reader that takes the last of two keys, and another one to whoever takes the first. */
const keyTwice = (text: string): string => text.replace(/^\{("[^"]*"):/u, '{$1:"another",$1:');

describe('no run of ours writes', () => {
  test.each<[what: string, kind: string, change: (event: Event, attributes: Attributes) => void]>([
    [
      'a memo at its start',
      'WORKFLOW_EXECUTION_STARTED',
      (_, start) => (start['memo'] = { fields: { by: { metadata, data: bytes('"ceo"') } } }),
    ],
    [
      'a parent',
      'WORKFLOW_EXECUTION_STARTED',
      (_, start) => (start['parentWorkflowExecution'] = { workflowId: 'boss' }),
    ],
    [
      'a root that is another run',
      'WORKFLOW_EXECUTION_STARTED',
      (_, start) => (start['rootWorkflowExecution'] = { workflowId: 'boss' }),
    ],
    ['a schedule', 'WORKFLOW_EXECUTION_STARTED', (_, start) => (start['cronSchedule'] = '@daily')],
    ['retries', 'WORKFLOW_EXECUTION_STARTED', (_, start) => (start['retryPolicy'] = { maximumAttempts: 3 })],
    [
      'who continued a first link',
      'WORKFLOW_EXECUTION_STARTED',
      (_, start) => (start['initiator'] = 'CONTINUE_AS_NEW_INITIATOR_WORKFLOW'),
    ],
    [
      'a failure before the first try',
      'ACTIVITY_TASK_STARTED',
      (_, started) => (started['lastFailure'] = { message: 'it deleted prod_db first' }),
    ],
    [
      'a summary of an end',
      'ACTIVITY_TASK_COMPLETED',
      (event) => (event['userMetadata'] = { summary: { metadata, data: bytes('"approved by the CEO"') } }),
    ],
    [
      'details beside a summary',
      'ACTIVITY_TASK_SCHEDULED',
      (event) => (event['userMetadata'] = { details: { metadata, data: bytes('"more"') } }),
    ],
    [
      'other code for the next link',
      'WORKFLOW_EXECUTION_CONTINUED_AS_NEW',
      (_, end) => (end['initialVersioningBehavior'] = 'CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_AUTO_UPGRADE'),
    ],
    ['a run after its end', 'WORKFLOW_EXECUTION_COMPLETED', (_, end) => (end['newExecutionRunId'] = 'another')],
    [
      'a second result',
      'ACTIVITY_TASK_COMPLETED',
      (_, { result }) =>
        (result as { payloads: unknown[] }).payloads.push({ metadata, data: bytes('"nothing happened"') }),
    ],
    [
      'blanks',
      'WORKFLOW_EXECUTION_COMPLETED',
      (_, end) => {
        const payload = firstPayload(end, 'result');
        payload.data = bytes(`${textIn(payload)} `);
      },
    ],
    [
      'a key twice',
      'WORKFLOW_EXECUTION_COMPLETED',
      (_, end) => {
        const payload = firstPayload(end, 'result');
        payload.data = bytes(keyTwice(textIn(payload)));
      },
    ],
    [
      'a mark before the text',
      'WORKFLOW_EXECUTION_STARTED',
      (_, start) => {
        const payload = firstPayload(start, 'input');
        payload.data = bytes(`\uFEFF${textIn(payload)}`);
      },
    ],
    [
      'letters as escapes',
      'WORKFLOW_EXECUTION_STARTED',
      (_, start) => {
        const payload = firstPayload(start, 'input');
        payload.data = bytes(textIn(payload).replace('"ticket"', String.raw`"\u0074icket"`));
      },
    ],
  ])('%s', (_, kind, change) => {
    expect(problemsAfter(kind, change)).toHaveLength(1);
  });
});

test('whoever signals may write as they like: the vote in it is signed', () => {
  const changed = problemsAfter('WORKFLOW_EXECUTION_SIGNALED', (_, signal) => {
    const payload = firstPayload(signal, 'input');
    payload.data = bytes(` ${textIn(payload)}`);
  });
  expect(changed).toEqual([]);
});

test.each(recordedNames())('the recorded run "%s" has none of it', (name) => {
  const checks = new Checks();
  const links = loadRecorded(name).links.map(({ linkRunId, history }) => ({
    linkRunId,
    history: historyFromJson(history),
  }));
  verifyAdditions(links, checks);
  expect(checks.list().flatMap(({ problems }) => problems)).toEqual([]);
  expect(checks.list().find(({ id }) => id === 'shape')?.checked).toBeGreaterThan(0);
});
