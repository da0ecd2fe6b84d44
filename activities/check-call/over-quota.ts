/** What is said of a request too many: to the model, which decides what to do meanwhile, and to whoever reads the record. */
import type { RuleHit } from '../../core/contracts/decision.ts';
import type { FullQuota } from '../../store/ask-quotas.ts';
import { gateRule } from './gating.ts';

const of = { 'quota-run': 'this run', 'quota-tool': 'this tool', 'quota-requester': 'whoever this run is for' };

export function overQuotaRule({ quota, why, refusals, untilAt }: FullQuota, now: number): RuleHit {
  const whose = Object.hasOwn(of, quota.rule) ? of[quota.rule as keyof typeof of] : 'this kind';
  const is = {
    pending: `${quota.pending} requests of ${whose} wait for people already`,
    asked: `people were asked ${quota.asked} times by ${whose} within ${quota.withinMs / 1000} s`,
    'backing-off': `too many requests of ${whose} were made before`,
  }[why];
  const seconds = Math.ceil((untilAt - now) / 1000);
  const again = `nobody is asked before ${new Date(untilAt).toISOString()} (in ${seconds} s)`;
  const grows =
    refusals === 1 ? 'asking before then makes it longer' : `refusal ${refusals} in a row, each makes it longer`;
  return gateRule(quota.rule, `${is}; ${again}; ${grows}`);
}
