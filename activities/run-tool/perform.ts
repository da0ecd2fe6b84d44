/**
 * What each purpose does once it may: execute, look (probe, target state) or only describe (dry run). It says what came of
 * it in words that hold: after an effect has started, an error that is not the tool's own "it failed" leaves it unknown.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Label } from '../../core/contracts/labels.ts';
import type { ReceiptBody } from '../../core/contracts/receipt.ts';
import type { ToolContext } from '../../tools/tool-context.ts';
import { isToolFailure } from '../../tools/tool-failure.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import type { RunToolDependencies } from './dependencies.ts';
import type { Ending, Lease } from './lease.ts';
import { targetStateDigest } from './recheck.ts';
import type { Permitted } from './verify-permit.ts';

export interface Performed extends Pick<ReceiptBody, 'outcome' | 'probe' | 'targetStateDigest'> {
  kind: 'performed';
  /** As the tool said it: not yet redacted. */
  text: string;
  labels: Label[];
}
export type Performance = Performed | { kind: 'in-doubt'; text: string };

interface Stage {
  dependencies: RunToolDependencies;
  permitted: Permitted;
  tool: RegisteredTool;
  context: ToolContext;
  lease: Lease;
}

export async function perform(stage: Stage): Promise<Performance> {
  const { tool, permitted, context, lease } = stage;
  const { value, permit, canonical } = permitted;
  switch (permit.purpose) {
    case 'execute':
      return await executed(stage, await lease.wait(async () => await tool.execute(value, context)));
    case 'probe':
      return probed(await lease.wait(async () => await tool.probe?.(value, context)));
    case 'target-state':
      return await targetRead(stage, await lease.wait(async () => await tool.targetState?.(value, context)));
    case 'dry-run':
      if (permit.dryRunRead === true && tool.definition.effect === 'read') {
        return await executed(stage, await lease.wait(async () => await tool.execute(value, context)));
      }
      if (permit.dryRunTool === true) {
        return await dryRan(stage, await lease.wait(async () => await tool.dryRun?.(value, context)));
      }
      return performed('dry-run', `[DRY RUN] would execute ${tool.definition.name} with ${canonical}`, []);
    case 'void':
      throw new TypeError('Cannot perform a void: it is a step of the store, expected a purpose of the tool');
  }
}

/** The author of a tool can add labels. That its results are not untrusted is the policies' to say, and the permit's to carry. */
function labelsOf({ tool, permitted }: Stage): Label[] {
  const usual: readonly Label[] = permitted.permit.trustedResult === true ? [] : ['untrusted'];
  return [...new Set([...tool.definition.resultLabels, ...usual])];
}

async function executed(stage: Stage, ending: Ending<unknown>): Promise<Performance> {
  const { dependencies, tool } = stage;
  const { effect } = tool.definition;
  const resultLabels = labelsOf(stage);
  if (ending.kind === 'ended') return performed('succeeded', textOf(ending.value), resultLabels);
  if (ending.kind === 'not-ended') {
    const text = 'The tool did not end in time';
    return effect === 'read' ? performed('failed', text, resultLabels) : { kind: 'in-doubt', text };
  }
  const said = await dependencies.sanitiseError(ending.error);
  if (isToolFailure(ending.error) || effect !== 'effect') {
    return performed('failed', `The tool failed: ${said}`, resultLabels);
  }
  return {
    kind: 'in-doubt',
    text: `The tool ended without saying whether it happened: ${said}`,
  };
}

const probeAnswers = ['happened', 'did-not-happen', 'unknown'] as const;

function probed(ending: Ending<unknown>): Performed {
  const said = ending.kind === 'ended' ? probeAnswers.find((answer) => answer === ending.value) : undefined;
  const result = performed(said ? 'succeeded' : 'failed', `The probe answered: ${said ?? 'unknown'}`, []);
  return { ...result, probe: said ?? 'unknown' };
}

async function targetRead(stage: Stage, ending: Ending<unknown>): Promise<Performed> {
  const { dependencies } = stage;
  const resultLabels = labelsOf(stage);
  if (ending.kind === 'ended' && ending.value !== undefined) {
    const read = performed('succeeded', canonicalJson(ending.value), resultLabels);
    return { ...read, targetStateDigest: targetStateDigest(ending.value) };
  }
  const said =
    ending.kind === 'threw' ? await dependencies.sanitiseError(ending.error) : 'it did not end in time or said nothing';
  return performed('failed', `The target’s state cannot be read: ${said}`, resultLabels);
}

/** It ends as `dry-run`, never as an execution that succeeded. */
async function dryRan(stage: Stage, ending: Ending<unknown>): Promise<Performed> {
  const { dependencies } = stage;
  const resultLabels = labelsOf(stage);
  if (ending.kind === 'ended') return performed('dry-run', textOf(ending.value), resultLabels);
  const said = ending.kind === 'threw' ? await dependencies.sanitiseError(ending.error) : 'it did not end in time';
  return performed('failed', `The dry run failed: ${said}`, resultLabels);
}

function performed(outcome: Performed['outcome'], text: string, labels: Label[]): Performed {
  return { kind: 'performed', outcome, text, labels, probe: null, targetStateDigest: null };
}

/** The effect has happened: an answer that is not JSON may not turn that into a failure. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  try {
    return canonicalJson(value);
  } catch {
    return '[the tool’s answer was not JSON and was dropped]';
  }
}
