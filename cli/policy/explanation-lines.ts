/** An explanation as data and as lines: the verdict first, then each layer with each rule. */
import type { ApprovalTerms } from '../../core/contracts/approval.ts';
import {
  decideByLayers,
  explainPolicy,
  layerLabel,
  type LayerPolicy,
  type PolicyInput,
  type RuleExplanation,
} from '../../policy/index.ts';
import { durationText } from '../show/format.ts';
import { type Style, visible } from '../terminal.ts';

export interface LayersExplained {
  readonly tool: string;
  readonly verdict: 'allow' | 'ask' | 'deny';
  readonly risk: string;
  readonly reasons: readonly string[];
  readonly terms: ApprovalTerms | null;
  /** Layers whose verdict holds. */
  readonly deciding: readonly string[];
  readonly layers: readonly {
    readonly layer: string;
    readonly digest: string;
    readonly verdict: 'allow' | 'ask' | 'deny';
    readonly roles: readonly string[];
    readonly groups: readonly string[];
    readonly rules: readonly RuleExplanation[];
    readonly engine: readonly { readonly id: string; readonly effect: string; readonly reason: string }[];
  }[];
}

export function explanationOf(layers: readonly LayerPolicy[], input: PolicyInput): LayersExplained {
  const { verdict, deciding } = decideByLayers(layers, input);
  return {
    tool: input.tool.name,
    verdict: verdict.verdict,
    risk: verdict.risk,
    reasons: verdict.reasons,
    terms: verdict.terms ?? null,
    deciding,
    layers: layers.map((of) => {
      const { verdict: own, ...explained } = explainPolicy(of.policy, input);
      return { layer: layerLabel(of), digest: of.digest, verdict: own.verdict, ...explained };
    }),
  };
}

function termsText({
  name,
  approvers,
  quorum,
  deadlineMs,
  requesterMayApprove,
  reasonRequired,
  breakGlass,
}: ApprovalTerms): string {
  const who = [...approvers.roles.map((role) => `role ${role}`), ...approvers.principals].join(', ') || 'nobody';
  const more = [requesterMayApprove ? 'the requester may be one' : '', reasonRequired ? 'with a reason' : ''];
  if (breakGlass) more.push(`or by break-glass role ${breakGlass.role} alone`);
  const asked = `asks under "${name}": ${quorum} of ${who}, within ${durationText(deadlineMs)}`;
  return [asked, ...more.filter((one) => one !== '')].join(', ');
}

const colours = { allow: 'green', ask: 'yellow', deny: 'red' } as const satisfies Record<string, Style>;

export function explanationLines(
  { tool, verdict, risk, reasons, terms, deciding, layers }: LayersExplained,
  style: (style: Style, text: string) => string,
): string[] {
  const by = layers.length > 1 ? `, decided by ${deciding.join(' and ')}` : '';
  const lines = [`${style(colours[verdict], verdict)} ${visible(tool)} (risk ${risk}${by})`];
  lines.push(...reasons.map((reason) => `  ${visible(reason)}`));
  if (terms) lines.push(`  ${visible(termsText(terms))}`);
  for (const layer of layers) {
    const held = layer.roles.length > 0 ? `, roles ${layer.roles.join(' ')}` : '';
    lines.push('', `${layer.layer}: ${style(colours[layer.verdict], layer.verdict)}${style('dim', held)}`);
    const widest = Math.max(0, ...layer.rules.map(({ id }) => id.length));
    for (const { id, effect, result, why } of layer.rules) {
      const mark = result === 'matches' ? style(colours[effect], '✓') : result === 'failed' ? style('red', '!') : '·';
      const line = `  ${mark} ${effect.padEnd(5)} ${id.padEnd(widest)}  ${visible(why)}`;
      lines.push(result === 'matches' || result === 'failed' ? line : style('dim', line));
    }
    for (const { id, effect, reason } of layer.engine) {
      if (layer.rules.length > 0 && id === 'condition-error') continue;
      lines.push(
        `  ${style(effect === 'deny' ? 'red' : 'yellow', '+')} ${effect.padEnd(5)} ${id}  ${visible(reason)} (engine)`,
      );
    }
  }
  return lines;
}
