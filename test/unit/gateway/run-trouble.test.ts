/** What the server's record of a run says of its failures, as the client reads it. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { expect, test } from 'vitest';
import { endingOf, failingActivities, failureOf } from '../../../client/run-trouble.ts';

const callModel = { activityType: { name: 'callModel' }, attempt: 4 };

test('an activity that failed is trouble, with its last failure and the next try', () => {
  const next = { seconds: 7 as never, nanos: 250_000_000 };
  const waits = { ...callModel, lastFailure: { message: 'no answer' }, nextAttemptScheduleTime: next };
  const runs = { ...callModel, lastFailure: { message: 'no answer' } };
  expect(failingActivities([waits, runs])).toEqual([
    { activity: 'callModel', attempt: 4, reason: 'no answer', nextAttemptAt: 7250 },
    { activity: 'callModel', attempt: 4, reason: 'no answer', nextAttemptAt: null },
  ]);
});

test('an activity that never failed is work', () => {
  expect(failingActivities([{ ...callModel, attempt: 1 }])).toEqual([]);
  expect(failingActivities(undefined)).toEqual([]);
});

test.each([
  [2, 'completed'],
  [3, 'failed'],
  [4, 'cancelled'],
  [5, 'terminated'],
  [7, 'timed-out'],
  [1, undefined],
  [undefined, undefined],
])('status %s is the ending %s', (status, ending) => {
  expect(endingOf(status)).toBe(ending);
});

const refused = ApplicationFailure.nonRetryable('it answered 400', 'model-refused');

test.each([
  [refused, { code: 'model-refused', message: 'it answered 400' }],
  [
    new ActivityFailure('failed', 'callModel', '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', refused),
    { code: 'model-refused', message: 'it answered 400' },
  ],
  [new TerminatedFailure('by olga'), { code: 'terminated', message: 'by olga' }],
  [new TimeoutFailure('too long', undefined, TimeoutType.START_TO_CLOSE), { code: 'timed-out', message: 'too long' }],
  [undefined, { code: 'internal-fault', message: '' }],
])('the failure %s has a code and its words', (cause, failure) => {
  expect(failureOf(cause)).toEqual(failure);
});

test('a run that was cancelled did not fail', () => {
  expect(failureOf(new CancelledFailure('cancelled'))).toBeUndefined();
});
