/**
 * Tools on the campaign's outside service. None of them deduplicates anything: what is executed twice is counted twice. The
 * pauses before and after a request, drawn from the name, are where a kill can land.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { defineTool, type Tool } from 'countersign';
import { z } from 'zod';

const parameters = z.strictObject({ name: z.string().min(1).max(100) });
/** Short where a campaign kills, so that a doubt is soon settled; long where a slow machine must not make one. */
const startToCloseMs = z.coerce.number().int().parse(process.env['CAMPAIGN_START_TO_CLOSE_MS']);
const longestPauseMs = 120;

function pauseOf(name: string, part: number): number {
  let sum = part * 7919;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return sum % longestPauseMs;
}

function url(path: string): URL {
  return new URL(path, process.env['CAMPAIGN_OUTSIDE_URL']);
}

function acting(name: string, effect: 'effect' | 'idempotent', description: string): Tool {
  return defineTool({
    name,
    description,
    parameters,
    effect,
    startToCloseMs,
    async probe({ name: what }, { idempotencyKey, signal }) {
      const answer = await fetch(url(`/effects/${name}/${what}/${encodeURIComponent(idempotencyKey)}`), { signal });
      if (answer.status === 200) return 'happened';
      return answer.status === 404 ? 'did-not-happen' : 'unknown';
    },
    async execute({ name: what }, context) {
      await pause(pauseOf(what, 1), undefined, { signal: context.signal });
      const answer = await fetch(url(`/effects/${name}/${what}/${encodeURIComponent(context.idempotencyKey)}`), {
        method: 'POST',
        headers: { 'x-try': `${context.callKey} ${context.try}` },
        signal: context.signal,
      });
      if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
      await pause(pauseOf(what, 2), undefined, { signal: context.signal });
      return `${name} ${what}: done`;
    },
  });
}

export const tools = [
  defineTool({
    name: 'look',
    description: 'Looks at something',
    parameters,
    effect: 'read',
    execute: ({ name }) => `${name} is there`,
  }),
  defineTool({
    name: 'wait',
    description: 'Looks at something that takes its time',
    parameters,
    effect: 'read',
    startToCloseMs: 5000,
    async execute({ name }, { signal }) {
      await pause(300 + 5 * pauseOf(name, 3), undefined, { signal });
      return `${name} has settled`;
    },
  }),
  acting('post', 'effect', 'Posts something, which policy allows'),
  acting('charge', 'effect', 'Charges somebody, which a person must approve'),
  acting('restart', 'idempotent', 'Restarts something, which policy allows'),
  acting('restart_asked', 'idempotent', 'Restarts something, which a person must approve'),
];
