/** What README.md shows is what happens: its policy loads, its demo runs, and the demo says what README says it says. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPolicy } from '../../policy/index.ts';
import { repositoryRoot } from '../../scripts/lint/repository-files.ts';

const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');
/** Inside the repository, because the demo's pack imports the package it belongs to. */
const state = join(repositoryRoot, '.countersign', `demo-test-${process.pid}`);

/** Fenced blocks in order, with their language. */
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));

/** What the demo claims and heads: the lines that hold no id, time or port. */
function claims(output: string): string[] {
  return output.split('\n').filter((line) => /^(\d\. | {3}✓ )/.test(line));
}

describe('README.md', () => {
  afterAll(() => rmSync(state, { recursive: true, force: true }));

  it('shows a policy that loads', () => {
    const text = blocks.find(({ language }) => language === 'yaml')?.text ?? '';
    expect(loadPolicy(text, 'README.md')).toMatchObject({ kind: 'policy' });
  });

  it('names the command that CI runs', () => {
    expect(blocks.map(({ text }) => text.trim())).toContain('npm ci && npm test');
    expect(readFileSync(join(repositoryRoot, '.ci', 'run'), 'utf8')).toContain('count npm test');
  });

  it('shows what the demo says, and every claim of the demo holds', async () => {
    const shown = blocks.find(({ text }) => text.includes('1. A read is allowed'))?.text ?? '';
    const demo = join(repositoryRoot, 'scripts', 'demo.ts');
    const options = { env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 1024 * 1024 };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=countersign-source', demo, '--state', state],
      options,
    );
    expect(claims(stdout)).toEqual(claims(shown));
    expect(claims(stdout).length).toBeGreaterThan(15);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(80);
    // What it tells people to do next works, although everything it started has ended.
    const [, workflowId = ''] = /countersign replay (run-\S+)/.exec(stdout) ?? [];
    const replay = [join(repositoryRoot, 'bin', 'countersign.js'), 'replay', workflowId, '--state', state];
    expect((await promisify(execFile)(process.execPath, replay, options)).stdout).toContain('Verdict: verified');
  });
});
