/** Tools of long runs: one that reads some lines, and one whose every effect the outside service counts. */
import { defineTool } from 'countersign';
import { z } from 'zod';

const parameters = z.strictObject({ name: z.string().min(1).max(100) });

export const tools = [
  defineTool({
    name: 'look',
    description: 'Looks at something',
    parameters,
    effect: 'read',
    execute: ({ name }) => `${name} is there, and so is what stands around it. `.repeat(8),
  }),
  defineTool({
    name: 'post',
    description: 'Posts something, once and for all',
    parameters,
    effect: 'effect',
    async probe({ name }, { idempotencyKey, signal }) {
      const answer = await fetch(urlOf(name, idempotencyKey), { signal });
      if (answer.status === 200) return 'happened';
      return answer.status === 404 ? 'did-not-happen' : 'unknown';
    },
    async execute({ name }, { idempotencyKey, callKey, try: tryNumber, signal }) {
      const headers = { 'x-try': `${callKey} ${tryNumber}` };
      const answer = await fetch(urlOf(name, idempotencyKey), { method: 'POST', headers, signal });
      if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
      return `posted ${name}`;
    },
  }),
];

function urlOf(name: string, idempotencyKey: string): URL {
  return new URL(
    `/effects/post/${encodeURIComponent(name)}/${encodeURIComponent(idempotencyKey)}`,
    process.env['CAMPAIGN_OUTSIDE_URL'],
  );
}
