/** The agent of the schedule campaign: one tool that always asks, and whose effects the campaign itself receives. */
import { z } from 'zod';
import type { AgentPack } from '../../../packs/agent-pack.ts';
import { defineAgent } from '../../../packs/define-agent.ts';
import { defineTool, type Tool } from '../../../tools/define-tool.ts';
import type { EffectFact } from './facts.ts';
import type { Schedule } from './schedule.ts';

/** What the names of the second turn's calls begin with: those that a grant covers. */
export const grantedPrefix = 'more-';

type Terms = Pick<Schedule, 'quorum' | 'executeWithinS'>;

const deadlineMs = 4000;
const startToCloseMs = 3000;
/** Few, so that a handful of signals makes a new link. */
const eventsPerLink = 50;

/** A pack for each kind of terms; their tools are the same, so one worker serves them all. */
export function sendingPacks(effects: EffectFact[]): (terms: Terms) => AgentPack {
  const tools = [sendTool(effects)];
  const packs = new Map<string, AgentPack>();
  return (terms) => {
    const key = `${terms.quorum} ${terms.executeWithinS}`;
    const pack = packs.get(key) ?? packOf(terms, tools);
    packs.set(key, pack);
    return pack;
  };
}

function packOf({ quorum, executeWithinS }: Terms, tools: Tool[]): AgentPack {
  return defineAgent({
    name: 'sender',
    instructions: 'Send.',
    model: { name: 'gpt-test' },
    limits: { eventsPerLink, refusalsInARow: 50 },
    policy: `version: 1
roles:
  operator: {}
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: ${quorum}
    deadline: ${deadlineMs / 1000}s
    executeWithin: ${executeWithinS}s
    grants: { ttl: 1h, uses: 5, scope: run }
rules:
  - { id: sends, effect: ask, tools: [send], reason: a person must see it }
`,
    tools,
  });
}

function sendTool(effects: EffectFact[]): Tool {
  return defineTool({
    name: 'send',
    description: 'Sends something to somebody',
    parameters: z.strictObject({ name: z.string().min(1).max(100) }),
    effect: 'effect',
    startToCloseMs,
    execute: ({ name }, { callKey, try: tryNumber }) => {
      effects.push({ callKey, try: tryNumber, at: Date.now(), name });
      return 'sent';
    },
    probe: (_, { callKey, try: tryNumber }) =>
      effects.some((effect) => effect.callKey === callKey && effect.try === tryNumber) ? 'happened' : 'did-not-happen',
  });
}
