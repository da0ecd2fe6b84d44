/**
 * `countersign guards`: what the guards are, and what one of them finds in each line of an input. It needs no gateway, no
 * engine and no state folder, and runs nothing of what it is given.
 */
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { defineCommand } from '../define-command.ts';
import { tableLines } from '../show/format.ts';

export const checkedGuards = ['shell', 'secrets', 'injection', 'paths', 'url', 'input'] as const;

export const guards = defineCommand({
  usage: 'guards <action>',
  summary: 'List the guards, or check the lines of an input with one: list | check',
  examples: [
    'guards list',
    'guards check --guard shell --jsonl - < scripts.jsonl > findings.jsonl',
    "guards check --guard url --allow example.com --allow '*.svc.local' --jsonl urls.jsonl",
  ],
  define: (command) =>
    command
      .option('--guard <name>', `one of ${checkedGuards.join(', ')}`)
      .option('--jsonl <file>', 'inputs, one JSON value a line; - for standard input', '-')
      .option('--allow <host>', 'url: a host to allow, again for more', collect, [])
      .option('--root <folder>', 'paths: an absolute folder to allow, again for more', collect, []),
  options: z.object({
    guard: z.enum(checkedGuards).optional(),
    jsonl: z.string().min(1),
    allow: z.array(z.string()),
    root: z.array(z.string().startsWith('/')),
  }),
  async run({ terminal, json, stdin }, [action = ''], { guard, jsonl, allow, root }) {
    const misplaced = misplacedOption(action, { guard, allow, root });
    if (misplaced !== undefined) throw new CountersignError('input-invalid', `Cannot run "guards": ${misplaced}`);
    if (action === 'list') {
      const { builtInGuards } = await import('../../guards/index.ts');
      const list = builtInGuards.map(({ id, at, summary, timeoutMs }) => ({ id, at, summary, timeoutMs }));
      if (json) terminal.json({ guards: list });
      else
        for (const line of tableLines(list.map(({ id, at, summary }) => [id, summary, at.join(' ')])))
          terminal.result(line);
      return 0;
    }
    if (action !== 'check' || guard === undefined) {
      throw new CountersignError(
        'input-invalid',
        `Cannot run "guards": ${action === 'check' ? 'no guard is named' : 'the action is unknown'}, expected "guards list" or "guards check --guard ${checkedGuards.join('|')}"; correct the command line`,
      );
    }
    const { checkLines } = await import('../parts/check-lines.ts');
    const limits = { ...(allow.length > 0 ? { allow } : {}), ...(root.length > 0 ? { roots: root } : {}) };
    await checkLines(guard, { file: jsonl, stdin, ...limits }, (findings) => terminal.json(findings));
    return 0;
  },
});

/** An option that would change nothing is a mistake of whoever wrote it: they believe in a limit that is not there. */
function misplacedOption(
  action: string,
  { guard, allow, root }: { guard?: string | undefined; allow: readonly string[]; root: readonly string[] },
): string | undefined {
  if (action === 'list' && (guard !== undefined || allow.length > 0 || root.length > 0))
    return '"list" takes none of --guard, --allow and --root, expected "guards list"; leave them out';
  if (action !== 'check' || guard === undefined) return undefined;
  if (allow.length > 0 && guard !== 'url')
    return `--allow is for the guard url, and this is ${guard}; leave it out or write --guard url`;
  if (root.length > 0 && guard !== 'paths')
    return `--root is for the guard paths, and this is ${guard}; leave it out or write --guard paths`;
  return undefined;
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
