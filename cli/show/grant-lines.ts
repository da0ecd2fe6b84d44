/** A grant as text: what it covers in words, who approved it, what was used of it. Pure. */
import type { GrantView } from '../../client/grant-schemas.ts';
import { keepVisible } from '../../core/make-visible.ts';
import { visible } from '../terminal.ts';
import { timeText } from './format.ts';

export function grantViewLines(grant: GrantView): string[] {
  const { grantId, state, lines, approvals, takenBack, quorum, uses, used, revoked, nonce } = grant;
  return [
    `Grant ${grantId}: ${state}, ${used.length} of ${uses} used`,
    ...lines.map(({ label, text }) => `  ${label.padEnd(12)}${keepVisible(text)}`),
    `  approved by ${approvals.map(visible).join(', ') || 'nobody'}${takenBack.length === 0 ? '' : `; taken back by ${takenBack.map(visible).join(', ')}`}; ${quorum} needed`,
    `  request     ${nonce}`,
    ...used.map(({ number, callKey, at }) => `  use ${String(number).padEnd(8)}${visible(callKey)} at ${timeText(at)}`),
    ...(revoked
      ? [`  revoked by  ${visible(revoked.by)}${revoked.reason === null ? '' : `: ${visible(revoked.reason)}`}`]
      : []),
  ];
}
