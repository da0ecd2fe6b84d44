/**
 * Explains a recorded call by the policies that its decision names, from the store: what was decided then, and why. Every layer
 * is shown in the versions that were asked. What the record does not hold is said, and what the gate decided stands first.
 */
import { readRecordedCall, type RecordedCall } from '../../audit/recorded-call.ts';
import type { ToolDefinition } from '../../core/contracts/tool.ts';
import { CountersignError } from '../../core/errors.ts';
import { shellReaders } from '../../guards/index.ts';
import { layerLabel, type LayerPolicy, loadPolicy } from '../../policy/index.ts';
import type { Store } from '../../store/store.ts';
import type { CommandContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { loadPackFolder } from '../parts/load-pack-folder.ts';
import { withRecord } from '../parts/replay-from.ts';
import { runId } from '../run-id.ts';
import { visible } from '../terminal.ts';
import { explanationLines, explanationOf, type LayersExplained } from './explanation-lines.ts';

export async function explainRecorded(
  { terminal, json, config, clock }: Pick<CommandContext, 'terminal' | 'json' | 'config' | 'clock'>,
  run: string,
  call: string | undefined,
  pack: string | undefined,
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
    const definitions = pack === undefined ? {} : { definitions: await definitionsOf(pack) };
    const recorded = await readRecordedCall({ ...query, ...definitions, turn: Number(turn), index: Number(index) });
    const { verdict, rules, risk, layers = null, shadow = null } = recorded.decision.body;
    const decided = { verdict, rules, risk, at: recorded.decision.issuedAt, layers, shadow };
    const explained = recorded.input && explanationOf(await policiesOf(store, recorded), recorded.input);
    if (json) terminal.json({ decided, explained, notKnown: recorded.notKnown });
    else for (const line of recordedLines(recorded, explained, terminal)) terminal.result(line);
    return exitCodes.done;
  });
}

function recordedLines(
  { decision: { body }, notKnown }: RecordedCall,
  explained: LayersExplained | null,
  terminal: CommandContext['terminal'],
): string[] {
  const { verdict, rules, risk, shadow = [] } = body;
  const lines = [`decided: ${verdict} (risk ${risk}) by ${rules.map(({ id }) => id).join(', ')}`];
  lines.push(...rules.map(({ id, reason }) => `  ${visible(id)}: ${visible(reason)}`));
  for (const one of shadow) lines.push(`  in shadow ${layerLabel(one)}: ${one.verdict} by ${one.rules.join(', ')}`);
  for (const what of notKnown) lines.push(`not recorded: ${what}`);
  if (!explained) return [...lines, 'no policy was asked'];
  if (explained.verdict !== verdict) {
    lines.push(`the policies alone say ${explained.verdict}: the gate knew more, see the rules that decided`);
  }
  return [...lines, '', ...explanationLines(explained, (style, text) => terminal.style(style, text))];
}

/** Of the pack's tools as they are now, by digest. */
async function definitionsOf(folder: string): Promise<ReadonlyMap<string, ToolDefinition>> {
  const { tools } = await loadPackFolder(folder);
  return new Map(tools.list().map(({ definition, definitionDigest }) => [definitionDigest, definition]));
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
      const loaded = text === null ? undefined : loadPolicy(text, policyDigest, shellReaders);
      if (loaded?.kind === 'policy') return { layer, name, digest: policyDigest, policy: loaded.policy };
      throw new CountersignError(
        'not-found',
        `Cannot explain by policy "${policyDigest}": the store does not have it or it does not load, expected the one that decided; restore it`,
      );
    }),
  );
}
