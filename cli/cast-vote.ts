/**
 * What `approve`, `deny` and `break-glass` share: find the request, show its card, ask, and send the vote bound to the card that was shown.
 * What became of the vote is said by the gateway, never guessed.
 */
import type { Countersign } from '../client/gateway-client.ts';
import type { ApprovalView, VoteResult } from '../client/gateway-schemas.ts';
import type { GrantPreview, GrantRequest } from '../client/grant-schemas.ts';
import { timesOf } from '../core/card/lay-out-card.ts';
import type { Outcome } from '../core/contracts/approval.ts';
import { CountersignError } from '../core/errors.ts';
import { keepVisible } from '../core/make-visible.ts';
import { showsSomething } from '../core/shows-something.ts';
import { confirm } from './confirm.ts';
import { connectGateway } from './connect-gateway.ts';
import type { CommandContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { findApproval } from './find-approval.ts';
import { type GrantOptions, grantOf } from './read-grant-options.ts';
import { answeredText, approvalLines } from './show/approval-lines.ts';
import { countedWords } from './show/counted-words.ts';
import { durationText } from './show/format.ts';
import { wholeArgumentsLines } from './show/whole-arguments.ts';
import { wholeWordsLines } from './show/whole-words.ts';
import { visible } from './terminal.ts';

type Verdict = 'approve' | 'deny' | 'break-glass';

const verbs = { approve: 'Approve', deny: 'Deny', 'break-glass': 'BREAK THE GLASS for' } as const;

export interface Vote {
  /** Nonce, its beginning, or approval id. */
  approval: string;
  verdict: Verdict;
  reason: string | undefined;
  yes: boolean;
  /** What was shown before; it is then neither found nor shown again. */
  shown?: ApprovalView;
  /** With a denial: the run ends, too. */
  stop?: boolean;
  /** With an approval: what is granted besides. */
  grant?: GrantOptions;
}

/** @returns the exit code. @throws {CountersignError} */
export async function castVote(context: CommandContext, vote: Vote): Promise<number> {
  const { terminal, json, clock } = context;
  const { verdict, reason, yes } = vote;
  if (reason !== undefined) {
    const { refuseUnsafeText } = await import('./scan-text.ts');
    await refuseUnsafeText(`send the reason of "${verdict}"`, reason);
  }
  const gateway = await connectGateway(context.config());
  const approval =
    vote.shown ?? (await terminal.progress('looking for the request', findApproval(gateway, vote.approval)));
  if (!vote.shown) for (const line of approvalLines(approval, clock.now(), context.typed)) terminal.talk(line);
  refuseHopeless(approval, verdict, reason);
  if (verdict !== 'deny' && !vote.shown) {
    const whole = await terminal.progress('reading the whole arguments', wholeArgumentsLines(gateway, approval));
    for (const line of [...whole, ...(await wholeWordsLines(gateway, approval))]) terminal.talk(line);
  }
  const wanted = vote.grant ? grantOf(vote.grant, approval) : undefined;
  const granted = wanted
    ? await terminal.progress('asking what it covers', showGrant(gateway, approval, wanted))
    : undefined;
  for (const line of granted ? coverLines(granted) : []) terminal.talk(line);
  const { tool, environment } = approval.card;
  // A vote that has to be confirmed afresh asks for the exact word, as critical ones do.
  const needsWord =
    verdict === 'break-glass' ||
    (verdict === 'approve' && (approval.approvers.confirmation ?? granted?.preview.confirmation ?? null) !== null);
  const risk = needsWord || granted?.preview.risk === 'critical' ? 'critical' : approval.card.risk;
  const verb = verbs[verdict];
  // A denial stops something: it needs no more than a y, whatever the risk.
  const besides = granted ? ' and calls like it' : '';
  if (verdict === 'break-glass') for (const line of breakGlassWords(approval)) terminal.talk(line);
  const question = `${verb} ${visible(tool)} on ${visible(environment)}${timesOf(approval.card)}${besides} (risk ${approval.card.risk})`;
  if (needsWord && !context.ask) {
    throw new CountersignError(
      'input-invalid',
      verdict === 'break-glass'
        ? 'Cannot break the glass here: a person types the word yes for it, and this is no terminal; do it at one'
        : 'Cannot approve this here: its terms want a person to type the word yes, and this is no terminal; approve it at one, --yes does not stand for it',
    );
  }
  await confirm(context, { question, risk: verdict === 'deny' ? 'low' : risk, yes: yes && !needsWord });
  const { nonce, approvalId, cardDigest } = approval;
  const result = await terminal.progress(
    'sending the vote',
    gateway.approvals.vote(nonce, {
      verdict,
      cardDigest,
      channel: 'terminal',
      ...(reason === undefined ? {} : { reason }),
      ...(needsWord ? { confirmation: 'yes' } : {}),
      ...(vote.stop ? { stop: true } : {}),
      ...(granted ? { grant: granted.request } : {}),
    }),
  );
  if (json) terminal.json({ nonce, approvalId, verdict, ...result });
  else {
    terminal.result(describeVote(verdict, visible(tool), result, approval));
    if (result.grantId !== undefined) terminal.result(grantWords(context, result.grantId, approval));
  }
  return achieved(verdict, result) ? exitByStatus[result.status] : exitCodes.ended;
}

interface ShownGrant {
  request: GrantRequest;
  preview: GrantPreview;
}

/** In the gateway's words. What is sent then names what was shown, so that nothing else is granted. */
async function showGrant(gateway: Countersign, approval: ApprovalView, grant: GrantRequest): Promise<ShownGrant> {
  const { nonce, cardDigest } = approval;
  const preview = await gateway.approvals.previewGrant(nonce, { grant, cardDigest, channel: 'terminal' });
  return { preview, request: 'sign' in grant ? grant : { ...grant, shown: preview.coverageDigest } };
}

function coverLines({ preview: { lines } }: ShownGrant): string[] {
  return [
    '  grant       calls like it run from now on without being asked:',
    ...lines.map(({ label, text }) => `  ${label.padEnd(12)}${keepVisible(text)}`),
  ];
}

const exitByStatus: Readonly<Record<VoteResult['status'], number>> = {
  applied: exitCodes.done,
  recorded: exitCodes.done,
  late: exitCodes.ended,
  duplicate: exitCodes.ended,
  rejected: exitCodes.refused,
};

/** A counted vote that the request did not end by: what was asked for did not happen, so no script may take it for done. */
function achieved(verdict: Verdict, result: VoteResult): boolean {
  if (result.status !== 'applied' || result.outcome === null) return true;
  return result.outcome === (verdict === 'deny' ? 'denied' : 'approved');
}

const plainOutcomes: Readonly<Record<Outcome, string>> = {
  approved: 'the request is approved',
  denied: 'the request is denied',
  expired: 'the request expired before that, and silence denies',
  superseded:
    'but the tool, the policy or what the call acts on changed meanwhile, so the request does not stand; a new one follows where the call still needs one: look at "countersign approvals"',
  withdrawn: 'but the run withdrew the request, and the call does not happen',
  'no-eligible-approver': 'but nobody who may approve is left, and the call does not happen',
};

/** What the gateway would refuse anyway is said before anybody is asked to confirm it. */
function refuseHopeless(approval: ApprovalView, verdict: Verdict, reason: string | undefined): void {
  const action = `${verdict} "${approval.nonce}"`;
  if (approval.kind === 'reconcile') {
    throw new CountersignError(
      'input-invalid',
      `Cannot ${action}: it asks what became of a call, expected the answer to that; use "countersign reconcile"`,
    );
  }
  if (!approval.open) {
    throw new CountersignError(
      'conflict',
      `Cannot ${action}: it is ${approval.outcome ?? 'closed'}, expected an open request; look at "countersign approvals"`,
    );
  }
  if (approval.you.answered !== undefined) {
    throw new CountersignError(
      'conflict',
      `Cannot ${action}: you have answered it (${answeredText(approval.you)}), expected no answer of yours: ${oneVoteWords(approval.you.answered)}`,
    );
  }
  if (verdict === 'break-glass') return refuseHopelessGlass(approval, action, reason);
  if (!(verdict === 'deny' ? approval.you.mayDeny : approval.you.mayAnswer)) {
    throw new CountersignError(
      'forbidden',
      `Cannot ${action}: ${approval.you.reason ?? 'you may not answer'}, expected somebody whom its terms name; ask one of them`,
    );
  }
  if (approval.approvers.reasonRequired && !showsSomething(reason)) {
    throw new CountersignError(
      'input-invalid',
      `Cannot ${action}: its terms demand a reason, expected one; add --reason "…"`,
    );
  }
}

function oneVoteWords(answered: ApprovalView['you']['answered']): string {
  return answered === 'withdraw'
    ? 'you took your approval back, and it stays taken back: you have one vote for a request; others can answer it'
    : 'you have one vote for a request; an approval is taken back with "countersign withdraw"';
}

function refuseHopelessGlass({ approvers, you }: ApprovalView, action: string, reason: string | undefined): void {
  if (!approvers.breakGlass) {
    throw new CountersignError(
      'forbidden',
      `Cannot ${action}: its terms know no break-glass, expected terms that name a role for it; ask those who may approve`,
    );
  }
  if (!you.mayBreakGlass) {
    throw new CountersignError(
      'forbidden',
      `Cannot ${action}: you may not, expected a person with role "${approvers.breakGlass.role}" who is not behind the run, has a use left and no overdue review; ask one of them`,
    );
  }
  if (!showsSomething(reason)) {
    throw new CountersignError(
      'input-invalid',
      `Cannot ${action}: no reason was given, expected one, which two others will review; add --reason "…"`,
    );
  }
}

function breakGlassWords({ approvers: { breakGlass, quorum } }: ApprovalView): string[] {
  const within = durationText(breakGlass?.reviewWithinMs ?? 0);
  return [
    `You answer alone what needs ${quorum}. Everybody is told at once, and two others review it within ${within}.`,
    'Until they have signed, the review stays open under your name.',
  ];
}

/** Whether it stands is for the votes to say: the command that shows it looks them up. */
function grantWords({ typed }: CommandContext, grantId: string, { approvers: { quorum } }: ApprovalView): string {
  const others = quorum > 1 ? `; it stands when ${quorum} people have approved it with --grant ${grantId}` : '';
  return `grant ${grantId}: approved by you${others}; look at "${typed(`grants show ${grantId}`)}"`;
}

function describeVote(verdict: Verdict, tool: string, result: VoteResult, request: ApprovalView): string {
  switch (result.status) {
    case 'applied':
      return result.outcome === null
        ? `${verdict} of ${tool}: counted; ${countedWords(verdict, request)}`
        : `${verdict} of ${tool}: counted; ${plainOutcomes[result.outcome]}`;
    case 'recorded':
      return `${verdict} of ${tool}: recorded; the run has not answered yet, the vote reaches it when a worker is back`;
    case 'late':
      return `${verdict} of ${tool}: too late, the request was no longer open`;
    case 'duplicate':
      return `${verdict} of ${tool}: not counted: ${visible(result.reason ?? 'you had answered it before')}`;
    case 'rejected':
      return `${verdict} of ${tool}: not counted: ${visible(result.reason ?? 'no reason given')}`;
  }
}
