/** What somebody is told who had answered a request before: what they said then, when, and from where. In words and in parts. */
import type { FirstAnswer } from '../client/answer-views.ts';
import type { VoteBody } from '../core/contracts/approval.ts';

interface Told {
  first: FirstAnswer;
  reason: string;
}

/** @param caller the name that was used this time; one person may have several */
export function firstAnswer({ principal, verdict, castAt, channel }: VoteBody, caller: string): Told {
  const as = principal === caller ? '' : ` as "${principal}"`;
  return {
    first: { principal, verdict, castAt, channel },
    reason: `you had answered it before${as}: ${verdict} at ${new Date(castAt).toISOString()} from ${channel}; that answer stands, and one person has one for a request`,
  };
}
