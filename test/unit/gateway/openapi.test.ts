/** `docs/openapi.json` is what the routes say. After a wanted change: `npx vitest run -u test/unit/gateway/openapi.test.ts` */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { startWorld, type World } from './gateway-world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

it('the committed document is the one that the routes make', async () => {
  const document = `${JSON.stringify(world.app.swagger(), null, 2)}\n`;
  await expect(document).toMatchFileSnapshot(join(repositoryRoot, 'docs/openapi.json'));
});

interface Operation {
  operationId?: string;
  security?: unknown[];
  responses?: Record<string, { description?: string }>;
}

function operations(): Operation[] {
  const paths = Object.values(world.app.swagger().paths ?? {});
  return paths.flatMap((path) => Object.values(path ?? {}) as Operation[]);
}

it('every operation has a name of its own, and a problem among its answers', () => {
  const names = operations().map(({ operationId }) => operationId);
  expect(names.length).toBeGreaterThanOrEqual(15);
  expect(new Set(names).size).toBe(names.length);
  for (const { operationId, responses } of operations()) {
    expect(operationId).toMatch(/^[a-zA-Z]+$/);
    expect(JSON.stringify(responses?.['4XX'])).toContain('application/problem+json');
    expect(JSON.stringify(responses?.['5XX'])).toContain('application/problem+json');
    for (const { description } of Object.values(responses ?? {})) expect(description).not.toBe('Default Response');
  }
});

it('only the health operations need no key, and what is signed by its sender', () => {
  expect(world.app.swagger()).toMatchObject({ security: [{ apiKey: [] }] });
  const open = operations().filter(({ security }) => security !== undefined);
  expect(open.map(({ operationId }) => operationId)).toEqual(['health', 'ready', 'answerByWebhook']);
});

it('it refers to what it holds, and holds nothing that it does not refer to', () => {
  const { components, paths } = world.app.swagger() as { components?: { schemas?: object }; paths?: object };
  const names = new Set(Object.keys(components?.schemas ?? {}));
  const text = JSON.stringify([components, paths]);
  const referred = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(names.size).toBeGreaterThan(10);
  expect(new Set(referred)).toEqual(names);
  expect(text.split('"$ref"')).toHaveLength(referred.length + 1);
});
