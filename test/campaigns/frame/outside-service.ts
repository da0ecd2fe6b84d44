/**
 * The world outside: an HTTP service that writes every effect into a file before it answers, deduplicates nothing, and
 * outlives whatever a campaign kills. What happened is what stands in that file.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface OutsideEffect {
  tool: string;
  name: string;
  idempotencyKey: string;
  /** `<call key> <try>`, as the tool says it; of a bare loop anything that names one intention. */
  try: string;
  /** ms since the epoch */
  at: number;
}

export interface OutsideService {
  url: string;
  /** How much happened so far. */
  count(): number;
  /** Everything that happened, from the file. */
  effects(): OutsideEffect[];
  stop(): Promise<void>;
}

/** @param answerAfterMs between the effect and its answer, where a kill leaves what happened unsaid */
export async function startOutsideService(
  folder: string,
  answerAfterMs: (name: string) => number,
): Promise<OutsideService> {
  const file = join(folder, 'outside.jsonl');
  appendFileSync(file, '');
  const done = new Set<string>();
  let count = 0;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://outside').pathname;
    const [kind, tool = '', name = '', idempotencyKey = ''] = path.split('/').slice(1).map(decodeURIComponent);
    const answer = (status: number): void => void response.writeHead(status).end();
    if (kind !== 'effects' || idempotencyKey === '') return answer(400);
    if (request.method === 'GET') return answer(done.has(idempotencyKey) ? 200 : 404);
    const effect: OutsideEffect = { tool, name, idempotencyKey, try: String(request.headers['x-try']), at: Date.now() };
    appendFileSync(file, `${JSON.stringify(effect)}\n`);
    done.add(idempotencyKey);
    count += 1;
    setTimeout(() => answer(200), answerAfterMs(name));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => count,
    effects: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as OutsideEffect),
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
