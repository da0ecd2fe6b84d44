/** `countersign init`: writes a first agent pack. It never overwrites: a folder that holds any of its files is left alone. */
import { asArgument } from '../as-argument.ts';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { agentNameSchema } from '../../core/contracts/ids.ts';
import { CountersignError, messageOf } from '../../core/errors.ts';
import { defineCommand, noOptions } from '../define-command.ts';
import { makeFolder } from '../make-folder.ts';
import { packTemplate } from '../pack-template.ts';

export const init = defineCommand({
  usage: 'init <folder>',
  summary: 'Write a first agent pack: agent.yaml, policy.yaml with cases, tools.ts',
  examples: ['init agents/ops'],
  options: noOptions,
  async run({ terminal, json }, [given = '']) {
    const folder = resolve(given);
    const files = packTemplate(agentNameOf(folder));
    const taken = (await readdir(folder).catch(() => [])).filter((name) => name in files);
    if (taken.length > 0) throw exists(given, taken);
    await makeFolder(folder).catch((error: unknown) => {
      throw notWritable(given, messageOf(error), error);
    });
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? exists(given, [name]) : notWritable(given, error.message, error);
      });
    }
    const written = Object.keys(files);
    const agent = agentNameOf(folder);
    if (json) {
      terminal.json({ folder, agent, files: written });
      return 0;
    }
    for (const name of written) terminal.result(join(given, name));
    terminal.talk('\nNext:');
    terminal.talk(
      '  1. set OPENAI_API_KEY; for a compatible server set OPENAI_BASE_URL, and see "model" in agent.yaml',
    );
    terminal.talk(`  2. countersign dev ${asArgument(given)}`);
    terminal.talk(`  3. in another terminal: countersign run ${agent} "read the notes, then add one that says hello"`);
    terminal.talk('policy.yaml lets you approve your own runs; read its warning before a second person works with it');
    return 0;
  },
});

/** The folder's own name, made fit. */
function agentNameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/gu, '-')
    .replace(/^[^a-z]+/u, '')
    .slice(0, 64)
    .replace(/-+$/u, '');
  return agentNameSchema.safeParse(name).success ? name : 'agent';
}

function notWritable(folder: string, reason: string, cause: unknown): CountersignError {
  return new CountersignError(
    'input-invalid',
    `Cannot write an agent pack into "${folder}": ${reason}, expected a place where you may write; choose another folder`,
    { cause },
  );
}

function exists(folder: string, names: readonly string[]): CountersignError {
  return new CountersignError(
    'conflict',
    `Cannot write an agent pack into "${folder}": it holds ${names.join(', ')}, expected none of its files; choose another folder`,
  );
}
