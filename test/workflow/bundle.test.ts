/** The bundle that a worker runs: workflow code and core, nothing that reaches outside. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowBundle } from '../../worker/workflow-bundle.ts';

describe('the workflow bundle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-'));
  let code: string;
  beforeAll(async () => {
    const { codePath } = await workflowBundle(folder);
    code = readFileSync(codePath, 'utf8');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('holds the run and nothing of activities, store, keys or policy', () => {
    expect(code).toContain('workflows/agent-run.ts');
    for (const outside of [
      './activities/',
      './store/',
      './keys/',
      './policy/',
      './guards/',
      './tools/',
      './gateway/',
    ]) {
      expect(code).not.toContain(`"${outside}`);
    }
  });

  it('holds no replay interceptor, which would re-emit every argument', () => {
    expect(code).not.toContain('replay-interceptor');
  });

  it('is made once: a second process finds the file', async () => {
    const [made] = readdirSync(folder);
    await workflowBundle(folder);
    expect(readdirSync(folder)).toEqual([made]);
  });

  it('evaluates no schema library for a run with one link: each run would pay for it', () => {
    expect(evaluatedFrom(code, './workflows/index.ts').filter((path) => path.includes('zod'))).toEqual([]);
    expect(evaluatedFrom(code, './workflows/flow-shape.ts').some((path) => path.includes('zod'))).toBe(true);
  });
});

/** Modules that are evaluated with the one at the path; those behind a dynamic import are not. */
function evaluatedFrom(code: string, start: string): string[] {
  const parts = code.split(/^\/\*{3}\/ "([^"]+)"$/m);
  const bodyByPath = new Map(
    parts.flatMap((part, at): [string, string][] => (at % 2 ? [[part, parts[at + 1] ?? '']] : [])),
  );
  const found = new Set([start]);
  for (const path of found) {
    const required = (bodyByPath.get(path) ?? '').matchAll(
      /^\/\* harmony import \*\/.*__webpack_require__\(\/\*! .*? \*\/ "([^"]+)"\)/gm,
    );
    for (const [, name = ''] of required) found.add(name);
  }
  return [...found];
}
