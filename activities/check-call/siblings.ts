/**
 * Identical calls of one turn are asked about once: which ones a first ask may cover. Each is judged as it would be by
 * itself, after those before it; one that the rules would ask about in any other way is left for an ask of its own.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import { callKeyOf } from '../../core/contracts/call-names.ts';
import { mostCallsPerAsk } from '../../core/contracts/decision.ts';
import { editsOfCall } from './edits.ts';
import type { Gating } from './gating.ts';
import { judgeCall, type Judgement } from './judge.ts';
import type { Standing } from './standing.ts';

/**
 * In the order of the turn; empty where none is. What the workflow says of its turn is taken for no more than a list of
 * places: a call that is not there costs an approval that nobody uses.
 */
export async function siblingsToCover(gating: Gating): Promise<string[]> {
  const { dependencies, standing, input, call, judgement } = gating;
  // The first effect changes the target, so that the others would be held to a state that is not there any more.
  if (input.purpose !== 'execute' || call.tool.definition.hasTargetState) return [];
  // Nor would what a dry run said of the first be true of the second.
  if (call.tool.definition.hasDryRun === true) return [];
  // A tools worker that wants to see the votes wants votes that name its very call: it does not read asks.
  if (call.tool.definition.votesDemanded > 0) return [];
  const covered: string[] = [];
  let counted = standing.state.admitted.thisCallAndTry ? 0 : 1;
  for (const { index, argumentsText } of input.siblings ?? []) {
    if (covered.length + 1 >= mostCallsPerAsk) break;
    const callKey = callKeyOf(standing.caller.workflowId, input.turn, index);
    if (callKey === standing.callKey || covered.includes(callKey)) continue;
    const parsed = call.tool.parseArguments(argumentsText);
    if (parsed.kind !== 'value' || parsed.digest !== call.argumentsDigest) continue;
    const own = await standingOf(gating, callKey, counted);
    // What people edited is asked about by itself: its editors do not approve it.
    if (!own || (await editsOfCall(dependencies, own)).length > 0) continue;
    const judged = await judgeCall(dependencies, own, { ...input, index }, call, null);
    if (judged.kind !== 'judgement' || askedAs(judged) !== askedAs(judgement)) continue;
    covered.push(callKey);
    if (!own.state.admitted.thisCallAndTry) counted += 1;
  }
  return covered;
}

/**
 * The run as the sibling would find it, once those before it are counted. Undefined where something was done under its name
 * already: what became of that comes first.
 */
async function standingOf(
  { dependencies, standing, input, call }: Gating,
  callKey: string,
  counted: number,
): Promise<Standing | undefined> {
  const { caller } = standing;
  const read = await dependencies.store.gateState({ ...caller, callKey, turn: input.turn, try: input.try });
  if (read.fences.length > 0) return undefined;
  const { name } = call.tool.definition;
  const { admitted, counted: before } = read;
  const state = {
    ...read,
    admitted: { ...admitted, run: admitted.run + counted, turn: admitted.turn + counted },
    counted: { ...before, callsByTool: { ...before.callsByTool, [name]: (before.callsByTool[name] ?? 0) + counted } },
  };
  return { ...standing, callKey, state };
}

/** Everything that an approver is shown of a judgement, and by whom and how it is answered. */
function askedAs({ verdict, rules, risk, terms, findings, labels, approverPolicies }: Judgement): string {
  return canonicalJson({
    verdict,
    rules,
    risk,
    terms: terms ?? null,
    findings,
    labels,
    approverPolicies: approverPolicies ?? null,
  });
}
