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

it('every operation has a name, and a problem among its answers', () => {
  const operations = Object.values(world.app.swagger().paths ?? {}).flatMap((path) => Object.values(path ?? {}));
  expect(operations.length).toBeGreaterThanOrEqual(15);
  for (const operation of operations as { operationId?: string; responses?: Record<string, unknown> }[]) {
    expect(operation.operationId).toMatch(/^[a-zA-Z]+$/);
    expect(JSON.stringify(operation.responses?.['4XX'])).toContain('application/problem+json');
  }
});
