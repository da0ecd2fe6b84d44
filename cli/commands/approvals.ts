/** `countersign approvals`: what waits for an answer, with the whole card; `--watch` goes on looking. */
import { z } from 'zod';
import type { ApprovalView } from '../../client/gateway-schemas.ts';
import { CountersignError } from '../../core/errors.ts';
import { connectGateway } from '../connect-gateway.ts';
import type { CommandContext } from '../context.ts';
import { defineCommand } from '../define-command.ts';
import { findApproval } from '../find-approval.ts';
import { listApprovals, printApproval, printUnreadable } from '../list-approvals.ts';
import { limitSchema } from '../option-schemas.ts';
import { runId } from '../run-id.ts';
import { approvalRows } from '../show/approval-rows.ts';
import { wholeArgumentsLines } from '../show/whole-arguments.ts';
import { wholeWordsLines } from '../show/whole-words.ts';
import { watchApprovals } from '../watch-approvals.ts';

export const approvals = defineCommand({
  usage: 'approvals [approval]',
  summary: 'List what waits for an approval or an answer, or show one request',
  examples: [
    'approvals',
    'approvals 5e8f1c2a --json',
    'approvals --watch',
    'approvals --mine --limit 200',
    'approvals --all --run run-0b9c… --json',
    'approvals --all --limit 200 --csv > requests.csv',
    'watch --approve',
  ],
  usesGateway: true,
  define: (command) =>
    command
      .option('--watch', 'go on and show each new one (under --json a line each); to answer them too: watch --approve')
      .option('--all', 'also those that are no longer open')
      .option('--csv', 'as rows for a spreadsheet')
      .option('--mine', 'only those that you may answer')
      .option('--run <run>', 'of one run')
      .option('--limit <count>', 'at most so many, up to 200', '50'),
  options: z.object({
    watch: z.boolean().default(false),
    all: z.boolean().default(false),
    csv: z.boolean().default(false),
    mine: z.boolean().default(false),
    run: z.string().optional(),
    limit: limitSchema,
  }),
  async run(context, [one], { watch, all, csv, mine, run, limit }) {
    const { terminal, json } = context;
    if (one !== undefined) {
      if (watch || all || csv || mine || run !== undefined) throw notBoth();
      return await showOne(context, one);
    }
    const ofRun = run === undefined ? {} : { workflowId: runId('list approvals of', run) };
    const which = { state: all ? ('all' as const) : ('open' as const), mayAnswer: mine, limit, ...ofRun };
    if (csv && (json || watch)) {
      const is = 'Cannot write rows with --json or --watch: expected one of them; leave the others out';
      throw new CountersignError('input-invalid', is);
    }
    if (watch) {
      const show = (one: ApprovalView): void => (json ? terminal.json(one) : printApproval(context, one));
      return await watchApprovals(context, {
        look: () => listApprovals(context, which),
        onFresh: (fresh) => {
          for (const one of fresh) show(one);
          return undefined;
        },
      });
    }
    const { found, unreadable, more } = await terminal.progress('listing approvals', listApprovals(context, which));
    if (json) {
      terminal.json({
        approvals: found,
        ...(unreadable.length === 0 ? {} : { unreadable }),
        ...(more ? { more } : {}),
      });
      return 0;
    }
    if (csv) for (const { nonce } of unreadable) terminal.talk(`request ${nonce} cannot be read, and is no row`);
    else for (const one of unreadable) printUnreadable(context, one);
    if (csv) for (const row of approvalRows(found)) terminal.result(row);
    else for (const approval of found) printApproval(context, approval);
    if (!csv && found.length === 0 && unreadable.length === 0)
      terminal.talk(mine ? 'Nothing waits that you may answer' : 'Nothing waits for an approval');
    if (more) terminal.talk(`There may be more than these ${found.length}: --limit up to 200, --mine, or --run`);
    return 0;
  },
});

function notBoth(): CountersignError {
  return new CountersignError(
    'input-invalid',
    'Cannot show one request with an option of the list: expected one or the other; leave the options or the request out',
  );
}

/** With what a list leaves out: what differs from the last approved call, who was told, who looked. */
async function showOne(context: CommandContext, given: string): Promise<number> {
  const { terminal, json } = context;
  const gateway = await connectGateway(context.config());
  const approval = await terminal.progress('looking for the request', findApproval(gateway, given));
  if (json) {
    terminal.json(approval);
    return 0;
  }
  printApproval(context, approval);
  for (const line of await wholeArgumentsLines(gateway, approval)) terminal.result(line);
  for (const line of await wholeWordsLines(gateway, approval)) terminal.result(line);
  return 0;
}
