/**
 * `countersign guards`: what the guards are, and what one of them finds in each line of an input. It needs no gateway, no
 * engine and no state folder, and runs nothing of what it is given.
 */
import { z } from 'zod';
import { CountersignError } from '../../core/errors.ts';
import { makeVisible } from '../../core/make-visible.ts';
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
      .option('--guard <name>', `one of ${checkedGuards.join(', ')}`, collect, [])
      .option('--jsonl <file>', 'inputs, one JSON value a line; - for standard input', '-')
      .option('--allow <host>', 'url: a host to allow, again for more', collect, [])
      .option('--root <folder>', 'paths: an absolute folder to allow, again for more', collect, []),
  options: z.object({
    guard: z.array(z.enum(checkedGuards)),
    jsonl: z.string().min(1),
    allow: z.array(z.string()),
    root: z.array(z.string()),
  }),
  async run({ terminal, json, stdin }, [action = ''], { guard: guards, jsonl, allow, root }) {
    const [guard] = guards;
    const { builtInGuards, isHostName } = await import('../../guards/index.ts');
    const misplaced = misplacedOption(action, { guards, allow, root }, isHostName);
    if (misplaced !== undefined) throw new CountersignError('input-invalid', `Cannot run "guards": ${misplaced}`);
    if (action === 'list') {
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
  { guards, allow, root }: Record<'guards' | 'allow' | 'root', readonly string[]>,
  isHostName: (entry: string) => boolean,
): string | undefined {
  if (action === 'list' && guards.length + allow.length + root.length > 0)
    return '"list" takes none of --guard, --allow and --root, expected "guards list"; leave them out';
  const [guard] = guards;
  if (action !== 'check' || guard === undefined) return undefined;
  if (guards.length > 1)
    return `--guard is given ${guards.length} times (${guards.join(', ')}), expected one guard; run the command once for each`;
  if (allow.length > 0 && guard !== 'url')
    return `--allow is for the guard url, and this is ${guard}; leave it out or write --guard url`;
  if (root.length > 0 && guard !== 'paths')
    return `--root is for the guard paths, and this is ${guard}; leave it out or write --guard paths`;
  const odd = allow.find((entry) => !isHostName(entry));
  if (odd !== undefined)
    return `--allow "${makeVisible(odd)}" is no host, expected a name like example.com or *.example.com; leave out scheme and path`;
  const relative = root.find((folder) => !folder.startsWith('/'));
  if (relative !== undefined)
    return `--root "${makeVisible(relative)}" is no absolute folder, expected a path that begins with "/"; write the whole path`;
  return undefined;
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
