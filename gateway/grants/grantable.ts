/** Whether a request can be answered with a grant at all, whatever the grant: by its terms, by how it came to be, and by which rules ask. */
import type { GrantCap } from '../../core/contracts/approval.ts';
import { ruleThatAlwaysAsks } from '../../core/grant/why-not-covered.ts';
import { cannot } from '../answerable.ts';
import type { OpenedAsk } from '../verified.ts';

export interface GrantableAsk {
  ask: OpenedAsk;
  cap: GrantCap;
  /** Ids of the rules that ask. */
  rules: string[];
}

/** @throws {CountersignError} `forbidden` */
export function requireGrantable(ask: OpenedAsk): GrantableAsk {
  const found = grantable(ask);
  if (typeof found !== 'string') return found;
  throw cannot('forbidden', ask, found, 'an approval of this call', 'approve it alone');
}

/** Whether to offer it. */
export function isGrantable(ask: OpenedAsk): boolean {
  return typeof grantable(ask) !== 'string';
}

function grantable(ask: OpenedAsk): GrantableAsk | string {
  const { kind, terms, coAuthors } = ask.body.ask;
  if (kind !== 'call' || !terms.grants) return 'its terms allow no grants';
  if (coAuthors) return 'its arguments were edited';
  const rules = ask.body.rules.filter(({ effect }) => effect === 'ask').map(({ id }) => id);
  const always = ruleThatAlwaysAsks(rules);
  return always === undefined ? { ask, cap: terms.grants, rules } : `rule "${always}" always asks`;
}
