/** `countersign approvals`: what waits for an answer, with the whole card; `--watch` goes on looking. */
import { z } from 'zod';
import type { ApprovalView, UnreadableRequest } from '../../client/gateway-schemas.ts';
import { CountersignError } from '../../core/errors.ts';
import { answerWaiting } from '../answer-waiting.ts';
import { connectGateway } from '../connect-gateway.ts';
import type { CommandContext } from '../context.ts';
import { defineCommand } from '../define-command.ts';
import { exitCodes } from '../exit-codes.ts';
import { nextPauseMs, pauseAfterMs } from '../look-again.ts';
import { findApproval } from '../find-approval.ts';
import { limitSchema } from '../option-schemas.ts';
import { runId } from '../run-id.ts';
import { answerLines, approvalLines, unreadableLines } from '../show/approval-lines.ts';
import { wholeArgumentsLines } from '../show/whole-arguments.ts';
import { wholeWordsLines } from '../show/whole-words.ts';

const pollMs = 1000;

export const approvals = defineCommand({
  usage: 'approvals [approval]',
  summary: 'List what waits for an approval or an answer, or show one request',
  examples: [
    'approvals',
    'approvals 5e8f1c2a --json',
    'approvals --watch',
    'approvals --watch --approve',
    'approvals --all --run run-0b9c… --json',
  ],
  usesGateway: true,
  define: (command) =>
    command
      .option('--watch', 'go on and show each new one (under --json a line each)')
      .option('--approve', 'show those you may answer, one after the other, and ask for each')
      .option('--all', 'also those that are no longer open')
      .option('--run <run>', 'of one run')
      .option('--limit <count>', 'at most so many', '50'),
  options: z.object({
    watch: z.boolean().default(false),
    approve: z.boolean().default(false),
    all: z.boolean().default(false),
    run: z.string().optional(),
    limit: limitSchema,
  }),
  async run(context, [one], { watch, approve, all, run, limit }) {
    const { terminal, json } = context;
    if (one !== undefined) {
      if (watch || approve || all || run !== undefined) throw notBoth();
      return await showOne(context, one);
    }
    const ofRun = run === undefined ? {} : { workflowId: runId('list approvals of', run) };
    const look = async (): Promise<Listed> => {
      const gateway = await connectGateway(context.config());
      const state = all && !approve ? 'all' : 'open';
      const { approvals: found, unreadable = [] } = await gateway.approvals.list({
        state,
        limit,
        mayAnswer: approve,
        ...ofRun,
      });
      return { found, unreadable };
    };
    if (approve && json) {
      throw new CountersignError(
        'input-invalid',
        'Cannot ask under --json: expected one of the two; leave --approve or --json out',
      );
    }
    if (approve && !context.ask) {
      throw new CountersignError(
        'input-invalid',
        'Cannot answer requests here: nobody can be asked, expected a terminal; use "countersign approve" and "countersign deny"',
      );
    }
    if (watch) return await watchApprovals(context, look, approve);
    const { found, unreadable } = await terminal.progress('listing approvals', look());
    if (json) {
      terminal.json({ approvals: found, ...(unreadable.length === 0 ? {} : { unreadable }) });
      return 0;
    }
    for (const one of unreadable) printUnreadable(context, one);
    if (found.length === 0 && unreadable.length > 0) return 0;
    if (found.length === 0)
      terminal.talk(approve ? 'Nothing waits that you may answer' : 'Nothing waits for an approval');
    else if (approve) await answerEach(context, found);
    else for (const approval of found) print(context, approval);
    return 0;
  },
});

interface Listed {
  found: ApprovalView[];
  unreadable: UnreadableRequest[];
}

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
  print(context, approval);
  for (const line of await wholeArgumentsLines(gateway, approval)) terminal.result(line);
  for (const line of await wholeWordsLines(gateway, approval)) terminal.result(line);
  return 0;
}

/** @returns false: the person has had enough */
async function answerEach(context: CommandContext, found: readonly ApprovalView[]): Promise<boolean> {
  for (const approval of found) {
    // What became of an effect is another question, with another command.
    if (approval.kind !== 'call') {
      print(context, approval);
      continue;
    }
    try {
      if ((await answerWaiting(context, approval)) === 'quit') return false;
    } catch (error) {
      // Of this request: somebody was quicker, or the word was not yes. What nobody could be asked ends it all.
      if (!(error instanceof CountersignError) || error.code === 'input-invalid') throw error;
      context.terminal.talk(error.message);
    }
  }
  return true;
}

async function watchApprovals(context: CommandContext, look: () => Promise<Listed>, approve: boolean): Promise<number> {
  const { terminal, json, pause } = context;
  const stop = context.takeStop();
  const seen = new Set<string>();
  const refused = new Set<string>();
  terminal.talk('Waiting for approvals; stop with Ctrl-C');
  let pauseMs = pollMs;
  while (!stop.aborted) {
    const listed = await look().catch((error: unknown) => {
      if (error instanceof CountersignError && error.retryable) return error;
      throw error;
    });
    const { found, unreadable } = listed instanceof CountersignError ? { found: [], unreadable: [] } : listed;
    const fresh = found.filter(({ nonce }) => !seen.has(nonce));
    pauseMs =
      listed instanceof CountersignError
        ? pauseAfterMs(listed, pauseMs)
        : nextPauseMs(pollMs, pauseMs, fresh.length > 0);
    for (const approval of fresh) seen.add(approval.nonce);
    for (const one of unreadable.filter(({ nonce }) => !refused.has(nonce))) {
      refused.add(one.nonce);
      if (json) terminal.json({ unreadable: one });
      else printUnreadable(context, one);
    }
    if (approve) {
      if (!(await answerEach(context, fresh))) return 0;
    } else
      for (const approval of fresh) {
        if (json) terminal.json(approval);
        else print(context, approval);
      }
    await pause(pauseMs, stop);
  }
  return exitCodes.interrupted;
}

function print({ terminal, clock, typed }: CommandContext, approval: ApprovalView): void {
  const lines = [...approvalLines(approval, clock.now(), typed), ...answerLines(approval, typed)];
  for (const line of lines) terminal.result(line);
  terminal.result('');
}

function printUnreadable({ terminal, typed }: CommandContext, one: UnreadableRequest): void {
  for (const line of unreadableLines(one, typed)) terminal.result(line);
  terminal.result('');
}
