/**
 * The tools that a turn offers to the model: those of the pack that are loaded here, but for those whose description the policy
 * keeps from it. A description is somebody's text like any other, and the model reads it before everything else.
 */
import type { Finding } from '../../core/contracts/labels.ts';
import type { PackBody } from '../../core/contracts/pack.ts';
import type { ToolDefinition } from '../../core/contracts/tool.ts';
import { isAtLeast } from '../../policy/index.ts';
import type { FindInjection } from './clean-text.ts';
import { type ToolLookup, toolsOf } from './load-pack.ts';

export interface Offer {
  offered: ToolDefinition[];
  /** About tools that are not offered, and descriptions that look like orders. */
  findings: Finding[];
}

export type OfferTools = (pack: PackBody, blocksFrom: Finding['severity'] | undefined) => Offer;

export function createOfferTools(tools: ToolLookup, findInjection: FindInjection = () => []): OfferTools {
  // A definition keeps its identity as long as the process has it loaded.
  const foundByDefinition = new WeakMap<ToolDefinition, Finding[]>();
  const foundIn = (definition: ToolDefinition): Finding[] => {
    const known = foundByDefinition.get(definition) ?? describedFindings(findInjection, definition);
    foundByDefinition.set(definition, known);
    return known;
  };
  return (pack, blocksFrom) => {
    const { offered, missing } = toolsOf(pack, tools);
    const blocked = offered.filter(
      (definition) =>
        blocksFrom !== undefined && foundIn(definition).some(({ severity }) => isAtLeast(severity, blocksFrom)),
    );
    return {
      offered: offered.filter((definition) => !blocked.includes(definition)),
      findings: [
        ...missing.map((name) => notOffered('tool-not-loaded', name, 'this worker has not loaded it')),
        ...blocked.map(({ name }) => notOffered('tool-description', name, 'its description gives orders to the model')),
        ...offered.flatMap(foundIn),
      ],
    };
  };
}

/** With the names and descriptions of its parameters. */
function describedFindings(findInjection: FindInjection, definition: ToolDefinition): Finding[] {
  const { name, description, parameters } = definition;
  return findInjection(`${description}\n${JSON.stringify(parameters)}`).map((finding) => ({
    ...finding,
    message: `in the description of tool ${name}: ${finding.message}`.slice(0, 500),
  }));
}

function notOffered(rule: string, name: string, why: string): Finding {
  return {
    guard: 'model-input',
    rule,
    severity: rule === 'tool-description' ? 'high' : 'medium',
    message: `the pack names tool ${name}, which was not offered: ${why}`,
    remedy:
      rule === 'tool-description'
        ? 'describe what it does, without orders'
        : 'load it in the worker, or take its name out',
  };
}
