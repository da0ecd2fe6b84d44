/** What somebody is told who had answered a request before: what they said then, when, and from where. In words and in parts. */
import type { FirstAnswer } from '../client/answer-views.ts';
import type { VoteBody } from '../core/contracts/approval.ts';

interface Told {
  first: FirstAnswer;
  reason: string;
}

/**
 * @param caller the name that was used this time; one person may have several
 * @param votes of the request, to see whether the answer was taken back; absent: it was not
 */
export function firstAnswer(first: VoteBody, caller: string, votes: readonly VoteBody[] = []): Told {
  const { principal, verdict, castAt, channel } = first;
  const takenBack = votes.find((one) => one.verdict === 'withdraw' && one.principal === principal);
  const now = takenBack
    ? `, and took it back at ${new Date(takenBack.castAt).toISOString()}; it stays taken back, and one person has one for a request: others can answer it`
    : '; that answer stands, and one person has one for a request';
  const as = principal === caller ? '' : ` as "${principal}"`;
  return {
    first: { principal, verdict, castAt, channel },
    reason: `you had answered it before${as}: ${verdict} at ${new Date(castAt).toISOString()} from ${channel}${now}`,
  };
}
