/** docs/guards.md: every block of code in it runs here, as it stands there; every command gives what is printed under it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { bindGuardPrograms } from '../../../activities/guard-program.ts';
import { within } from '../../../activities/within.ts';
import { builtInGuards, type Guard, guardPoints, runGuards } from '../../../guards/index.ts';
import { readTools } from '../../../packs/load-tools.ts';
import { loadPolicy } from '../../../policy/index.ts';
import type { Sandbox } from '../../../tools/sandbox/sandbox.ts';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';
import { runCli } from '../cli/run-cli.ts';
import { destructiveRows } from './shell/harmful-cases.ts';
import { anyScript, oneCommand } from './shell/mutations.ts';

const docs = readFileSync(join(repositoryRoot, 'docs/guards.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...docs.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gmu'))].map(([, text = '']) => text);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-docs-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(repositoryRoot, join(folder, 'node_modules/countersign'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs what it is given where it is told to: what the page says of the sandbox is tested with the real one. */
const noSandbox: Sandbox = {
  id: 'none',
  available: async () => ({ ok: true, version: '1' }),
  run: async ({ argv: [program = '', ...args], stdin, workFolder, environment }) => {
    const stdout = execFileSync(program, args, { cwd: workFolder, env: environment, input: stdin, encoding: 'utf8' });
    return { kind: 'exited', exitCode: 0, stdout, stderr: '', truncated: false, durationMs: 0 };
  },
};

/** As the tools.ts of a pack: read once for each block, since Node keeps modules. */
async function guardsOf(block: string, at: number): Promise<Guard[]> {
  const pack = join(folder, `pack-${at}`);
  mkdirSync(pack);
  writeFileSync(join(pack, 'tools.ts'), `${block}\nexport const tools = [];\n`);
  const [, name = ''] = /files: \[new URL\('\.\/([\w.-]+)'/u.exec(block) ?? [];
  if (name !== '') writeFileSync(join(pack, name), blocks('sh').find((text) => text.startsWith(`# ${name}`)) ?? '');
  const read = await readTools(pack);
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.problems));
  return await bindGuardPrograms(read.guards, { sandbox: noSandbox, workFolder: folder });
}

it('guards that it shows do what it says of them', async () => {
  const shown = blocks('ts');
  expect(shown).toHaveLength(2);
  const expected = ['high', 'critical'];
  for (const [at, block] of shown.entries()) {
    const guards = await guardsOf(block, at);
    const severityFor = async (service: string) => {
      const tool = { name: 'restart_service', effect: 'effect' as const, tags: [], commandArguments: [] };
      const input = { text: JSON.stringify({ service }), tool, args: { service } };
      const run = await runGuards(guards, 'beforeTool', input, within);
      expect(run.kind).toBe('findings');
      return run.findings.map(({ severity }) => severity);
    };
    expect(await severityFor('payments')).toEqual([expected[at]]);
    expect(await severityFor('web')).toEqual([]);
  }
});

it('policies that it shows load', () => {
  const shown = blocks('yaml');
  expect(shown.length).toBeGreaterThan(0);
  for (const block of shown) {
    const loaded = loadPolicy(`version: 1\nrules: []\n${block}`, 'policy');
    expect(loaded.kind === 'invalid' ? loaded.problems : []).toEqual([]);
  }
});

it('commands that it shows print what stands under them', async () => {
  const sessions = [...docs.matchAll(/^\$ echo '([^']+)' \| countersign ([^\n]+)\n([^`]+)/gmu)];
  expect(sessions.length).toBeGreaterThan(0);
  for (const [, input = '', command = '', printed = ''] of sessions) {
    const { exit, stdout } = await runCli(command.split(' '), { stdin: `${input}\n` });
    expect(exit).toBe(0);
    let from = 0;
    // What is left out is left out by an ellipsis.
    for (const piece of printed.trim().split('…')) {
      const found = stdout.indexOf(piece, from);
      expect(found, piece).toBeGreaterThanOrEqual(from);
      from = found + piece.length;
    }
  }
});

it('the tables say of every built-in guard what it looks at, catches, cannot catch and how that was measured, and of every point', () => {
  const [whatTheyAre = '', howMeasured = ''] = docs.split('## How it is measured');
  for (const { id } of builtInGuards) {
    expect(whatTheyAre).toMatch(new RegExp(`^\\| \`${id}\`(?: \\| [^|\\n]{10,}){3} \\|$`, 'mu'));
    expect(howMeasured).toMatch(new RegExp(`^\\| \`${id}\` \\| [^|\\n]{20,} \\|$`, 'mu'));
  }
  for (const point of guardPoints) expect(docs).toMatch(new RegExp(`^\\| \`${point}\` \\|`, 'mu'));
});

it('the numbers that it gives are those that were measured', () => {
  const { measurements } = z
    .object({ measurements: z.array(z.object({ id: z.string(), value: z.number(), samples: z.number() })) })
    .parse(JSON.parse(readFileSync(join(repositoryRoot, 'bench/guards/baselines.json'), 'utf8')));
  const of = (id: string): { count: number; samples: number } => {
    const found = measurements.find((one) => one.id === id);
    if (!found) throw new Error(`no baseline ${id}`);
    return { count: Math.round(found.value * found.samples), samples: found.samples };
  };
  const share = (id: string): string => `${of(id).count} of ${of(id).samples}`;
  const lines = (name: string): number =>
    readFileSync(join(repositoryRoot, `test/unit/guards/shell/commands/${name}.txt`), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')).length;
  const commands = of('secrets/commands/flagged');
  const ordinary = of('sequences/ordinary/unprompted');
  const fewest = Math.min(...destructiveRows.map(({ mutations }) => mutations));
  for (const sentence of [
    `of families claimed above | ${share('secrets/claimed/flagged')} |`,
    `with the families not claimed | ${share('secrets/bad/flagged')} |`,
    `of their set allows | ${share('secrets/harmless/flagged')} |`,
    `the same with those | ${share('secrets/good/flagged')} |`,
    `| ${commands.samples.toLocaleString('en')} everyday commands, flagged as secrets | ${commands.count} |`,
    `marked injections | ${share('injection/marked/flagged')} |`,
    `harmless look-alikes | ${share('injection/harmless/flagged')} |`,
    `(BIPIA) | ${share('injection/unmarked/flagged')} |`,
    `a list of ${lines('quiet-ways-out')} commands`,
    `one of ${lines('ordinary-reads')} that people`,
    `${anyScript.length + oneCommand.length} ways to write`,
    `at least ${fewest} of them over each of the ${destructiveRows.length} rows`,
    `${of('sequences/hijacked/silent').samples} sequences of a hijacked agent`,
    `${ordinary.samples} of an honest one (${ordinary.count} unprompted)`,
  ])
    expect(docs).toContain(sentence);
  expect([of('sequences/hijacked/silent').count, of('mutations/harmful/silent').count]).toEqual([0, 0]);
});
