/**
 * The agent of the zombie campaign: it pays, with a tool that can look afterwards whether it has and with one that cannot.
 * The argument's name says where the first try stands still: `in-tool` before its request, `in-request` in the middle of it.
 */
import { request } from 'node:http';
import { z } from 'zod';
import { digestText } from '../../../core/digest.ts';
import type { AgentPack } from '../../../packs/agent-pack.ts';
import { defineAgent } from '../../../packs/define-agent.ts';
import { defineTool, type Tool } from '../../../tools/define-tool.ts';
import type { ToolContext } from '../../../tools/tool-context.ts';
import { stopHeader } from './paying-service.ts';

export const startToCloseMs = 1500;
const parameters = z.strictObject({ name: z.string().min(1).max(100) });

const policy = `version: 1
roles:
  operator: {}
approvals:
  default: { approvers: { roles: [operator] }, quorum: 1, deadline: 10m, executeWithin: 10m }
rules:
  - { id: payments, effect: ask, tools: [pay, pay_blind], reason: a person must see it }
`;

export function payingPack(serviceURL: string): AgentPack {
  const tools = [
    defineTool({ ...paying('pay', serviceURL), probe: (input, context) => isPaid(serviceURL, input.name, context) }),
    defineTool(paying('pay_blind', serviceURL)),
  ];
  return defineAgent({
    name: 'payer',
    instructions: 'Pay.',
    model: { name: 'gpt-test' },
    policy,
    tools,
    // Processes that load this file in different ways must agree on what it is.
    moduleDigest: digestText('body', 'the tools of the zombie campaign'),
  });
}

function paying(name: string, serviceURL: string) {
  return {
    name,
    description: 'Pays somebody',
    parameters,
    effect: 'effect',
    startToCloseMs,
    execute: async (input: z.output<typeof parameters>, context: ToolContext) => {
      const first = context.try === 1;
      if (first && input.name.includes('in-tool')) process.kill(process.pid, 'SIGSTOP');
      await pay(urlOf(serviceURL, input.name, context), first && input.name.includes('in-request'));
      return `paid ${input.name}`;
    },
  } satisfies Parameters<typeof defineTool>[0] & Partial<Tool>;
}

function urlOf(serviceURL: string, name: string, { idempotencyKey }: ToolContext): URL {
  return new URL(`/${name}/${encodeURIComponent(idempotencyKey)}`, serviceURL);
}

/** In two parts, so that there is a middle. It does not listen to the signal: the worst tool there is. */
async function pay(url: URL, stopInside: boolean): Promise<void> {
  const headers = stopInside ? { [stopHeader]: String(process.pid) } : {};
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sent = request(url, { method: 'POST', headers, agent: false }, (response) => {
    response.resume();
    response.once('end', resolve);
  });
  sent.once('error', reject);
  sent.write('first half, ');
  setTimeout(() => sent.end('second half'), 50);
  return await promise;
}

async function isPaid(serviceURL: string, name: string, context: ToolContext) {
  const { status } = await fetch(urlOf(serviceURL, name, context), { signal: context.signal });
  return status === 200 ? 'happened' : status === 404 ? 'did-not-happen' : 'unknown';
}
