/**
 * Explains a recorded call by the policies that its decision names, from the store: what was decided then, and why. Every layer
 * is shown in the versions that were asked.
 */
import { readRecordedCall, type RecordedCall } from '../../audit/recorded-call.ts';
import { CountersignError } from '../../core/errors.ts';
import { classifyShell } from '../../guards/index.ts';
import { type LayerPolicy, loadPolicy } from '../../policy/index.ts';
import type { Store } from '../../store/store.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { withRecord } from '../parts/replay-from.ts';
import { runId } from '../run-id.ts';
import { explanationLines, explanationOf } from './explanation-lines.ts';

export async function explainRecorded(
  { terminal, json, config, clock }: Pick<CommandContext, 'terminal' | 'json' | 'config' | 'clock'>,
  run: string,
  call: string | undefined,
): Promise<number> {
  const workflowId = runId('explain', run);
  const [, turn, index] = /^(?:run-[0-9a-f-]+\/)?(\d{1,6})\.(\d{1,4})$/u.exec(call ?? '') ?? [];
  if (turn === undefined || index === undefined) {
    throw new CountersignError(
      'input-invalid',
      'Cannot explain a recorded call: --call does not name one, expected its turn and index, such as 3.0; see countersign show',
    );
  }
  const settings = config();
  const said = (line: string): void => terminal.talk(line);
  return await withRecord({ config: settings, clock }, true, said, async ({ store, source, registry }) => {
    if (!store) {
      throw new CountersignError(
        'not-found',
        'Cannot explain a recorded call: there is no store here, expected that of the run; name its state folder with --state',
      );
    }
    const query = { store, source, registry, audience: settings.audience, workflowId };
    const recorded = await readRecordedCall({ ...query, turn: Number(turn), index: Number(index) });
    const explained = explanationOf(await policiesOf(store, recorded), recorded.input);
    const { verdict, rules } = recorded.decision.body;
    const decided = { verdict, rules: rules.map(({ id, effect, reason }) => ({ id, effect, reason })) };
    if (json) terminal.json({ decided, explained });
    else {
      terminal.result(`decided: ${verdict} by ${rules.map(({ id }) => id).join(', ')}`);
      for (const line of explanationLines(explained, (style, text) => terminal.style(style, text)))
        terminal.result(line);
    }
    return exitCodes.done;
  });
}

async function policiesOf(store: Store, { decision, run }: RecordedCall): Promise<LayerPolicy[]> {
  const { body } = decision;
  const { agent } = run.ticket.body;
  const pack = [...new Set([body.policyDigest, body.activePolicyDigest])].map((policyDigest) => {
    return { layer: 'pack' as const, name: agent, policyDigest };
  });
  const asked = body.layers ?? pack;
  return await Promise.all(
    asked.map(async ({ layer, name, policyDigest }) => {
      const text = await store.getBody(policyDigest);
      const loaded = text === null ? undefined : loadPolicy(text, policyDigest, { readShell: classifyShell });
      if (loaded?.kind === 'policy') return { layer, name, digest: policyDigest, policy: loaded.policy };
      throw new CountersignError(
        'not-found',
        `Cannot explain by policy "${policyDigest}": the store does not have it or it does not load, expected the one that decided; restore it`,
      );
    }),
  );
}
