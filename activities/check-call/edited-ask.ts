/**
 * What a signed ask and its card say of edits: whether the call may be edited and how often still, that a person made its
 * arguments and of what, and who therefore does not approve it.
 */
import { compareArguments } from '../../core/card/compare-arguments.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { ApprovalTerms, Card } from '../../core/contracts/approval.ts';
import type { Ask, TakenEdit } from '../../core/contracts/decision.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import { mostEdits } from '../../policy/index.ts';
import type { CheckCallDependencies } from './dependencies.ts';
import { coAuthorsOf, originalText } from './edits.ts';
import type { Gating } from './gating.ts';

export interface EditsOfAsk {
  ask: Pick<Ask, 'editable' | 'edited' | 'coAuthors'>;
  card: Pick<Card, 'edited'>;
}

interface Described {
  terms: ApprovalTerms;
  kind: Ask['kind'];
  edits: readonly TakenEdit[];
  /** Further calls that the ask covers. */
  others: readonly string[];
}

/** Undefined where what the agent had asked for is not there any more: the card could not show what was changed. */
export async function describeEdits(
  gating: Gating,
  { terms, kind, edits, others }: Described,
): Promise<EditsOfAsk | undefined> {
  const { dependencies, call } = gating;
  // An answer for several calls cannot make them several others: each is denied, or asked about by itself in another turn.
  const mayBeEdited = kind === 'call' && others.length === 0;
  const left = mayBeEdited ? mostEdits(terms) - (edits.at(-1)?.number ?? 0) : 0;
  const coAuthors = coAuthorsOf(edits);
  const ask: EditsOfAsk['ask'] = {
    ...(left > 0 ? { editable: { schemaBody: await schemaBodyOf(dependencies, call.tool), left } } : {}),
    ...(coAuthors.length > 0 ? { coAuthors } : {}),
  };
  const last = edits.findLast(({ argumentsDigest }) => argumentsDigest === call.argumentsDigest);
  if (!last) return { ask, card: {} };
  const original = await originalText(dependencies, last);
  if (original === undefined) return undefined;
  const { voteDigest, number, originalDigest } = last;
  return {
    ask: { ...ask, edited: { voteDigest, number, originalDigest } },
    card: { edited: { by: last.coAuthors, originalDigest, ...compareArguments(original, call.canonical) } },
  };
}

const stored = new WeakMap<CheckCallDependencies['store'], Map<string, Promise<string>>>();

/** Who edits reads it there; each tool's is written once by this process. */
async function schemaBodyOf({ store }: CheckCallDependencies, tool: RegisteredTool): Promise<string> {
  const bodies = stored.get(store) ?? new Map<string, Promise<string>>();
  stored.set(store, bodies);
  const { definitionDigest, definition } = tool;
  const body = bodies.get(definitionDigest) ?? store.putBody(canonicalJson(definition.parameters));
  bodies.set(definitionDigest, body);
  try {
    return await body;
  } catch (error) {
    bodies.delete(definitionDigest);
    throw error;
  }
}
