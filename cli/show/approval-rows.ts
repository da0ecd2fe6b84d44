/** Requests as rows for a spreadsheet: what was asked, by whom, what became of it. No cell is a formula, whatever an agent wrote. */
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import { csvRow } from '../../core/card/render-csv.ts';
import { timeText } from './format.ts';

const columns: readonly [name: string, cell: (one: ApprovalView) => string][] = [
  ['request', ({ nonce }) => nonce],
  ['run', ({ workflowId }) => workflowId],
  ['tool', ({ tool }) => tool],
  ['arguments', ({ card }) => card.arguments],
  ['cut', ({ card }) => (card.argumentsCut ? `of ${card.argumentsLength} characters` : '')],
  ['digest', ({ card }) => card.argumentsDigest],
  ['risk', ({ card }) => card.risk],
  ['asked for', ({ card }) => card.requester],
  ['on behalf of', ({ card }) => card.onBehalfOf ?? ''],
  ['asked at', ({ askedAt }) => timeText(askedAt)],
  ['answer by', ({ deadlineAt }) => timeText(deadlineAt)],
  ['outcome', ({ outcome, open }) => outcome ?? (open ? 'open' : '')],
  ['votes', ({ votes }) => votes.map(({ verdict, principal }) => `${verdict} by ${principal}`).join('; ')],
];

/** The first row names the columns. */
export function approvalRows(approvals: readonly ApprovalView[]): string[] {
  return [
    csvRow(columns.map(([name]) => name)),
    ...approvals.map((one) => csvRow(columns.map(([, cell]) => cell(one)))),
  ];
}
