/**
 * `countersign watch`: a run's changes as they come, until it ends or you stop watching. `--approve`: what waits for an answer as
 * it comes, of one run or of all, answered by a letter.
 */
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { answerEach } from '../answer-waiting.ts';
import { connectGateway } from '../connect-gateway.ts';
import type { CommandContext } from '../context.ts';
import { defineCommand } from '../define-command.ts';
import { listApprovals } from '../list-approvals.ts';
import { lookUnlessTooOften } from '../look-again.ts';
import { runId } from '../run-id.ts';
import { hasEnded } from '../show/run-changes.ts';
import { runHeader } from '../show/run-lines.ts';
import { watchApprovals } from '../watch-approvals.ts';
import { watchToEnd } from '../watch-to-end.ts';

export const watch = defineCommand({
  usage: 'watch [run]',
  summary: 'Watch a run live, until it ends; or answer what waits, as it comes',
  examples: ['watch run-0b9c…', 'watch run-0b9c… --json', 'watch --approve', 'watch run-0b9c… --approve'],
  usesGateway: true,
  define: (command) =>
    command.option('--approve', 'show each request that you may answer, of the run or of all, and ask for a letter'),
  options: z.object({ approve: z.boolean().default(false) }),
  async run(context, [given], { approve }) {
    if (approve) return await answerAsItComes(context, given === undefined ? undefined : runId('watch', given));
    if (given === undefined) {
      const is = 'Cannot watch: no run is named, expected its id or --approve; "countersign runs" lists them';
      throw new CountersignError('input-invalid', is);
    }
    const workflowId = runId('watch', given);
    const config = context.config();
    // A run that does not exist is said at once, not waited for.
    const gateway = await connectGateway(config);
    const look = lookUnlessTooOften(gateway.runs.get(workflowId));
    const detail = await context.terminal.progress('looking at the run', look);
    if (detail) context.terminal.talk(runHeader(detail.run));
    return await watchToEnd(context, config, workflowId, 'changes');
  },
});

/** As many as a list gives: what was passed over still counts among them. */
const atOnce = 200;

async function answerAsItComes(context: CommandContext, workflowId: string | undefined): Promise<number> {
  if (context.json || !context.ask) {
    const is = context.json ? '--json is for programs' : 'nobody can be asked';
    const message = `Cannot answer requests here: ${is}, expected a terminal; use "countersign approve" and "countersign deny"`;
    throw new CountersignError('input-invalid', message);
  }
  const ofRun = workflowId === undefined ? {} : { workflowId };
  const which = { state: 'open' as const, mayAnswer: true, limit: atOnce, ...ofRun };
  const config = context.config();
  const endOfRun = async (): Promise<number | undefined> => {
    if (workflowId === undefined) return undefined;
    const gateway = await connectGateway(config);
    if (!hasEnded(await gateway.runs.get(workflowId))) return undefined;
    return await watchToEnd(context, config, workflowId, 'changes');
  };
  return await watchApprovals(context, {
    look: () => listApprovals(context, which),
    onFresh: async (fresh) => ((await answerEach(context, fresh)) ? undefined : 0),
    whyEnded: endOfRun,
  });
}
