/**
 * A file of one's own that the person's editor is opened on. It stays until its text was taken: what somebody wrote is never
 * thrown away with a refusal.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CountersignError } from '../../core/errors.ts';
import type { Environment } from '../../worker/config.ts';

export interface EditorFile {
  path: string;
  /** Opens the editor and waits until it is closed. @throws {CountersignError} `config-invalid` where there is none, or it fails */
  edit(): Promise<string>;
  remove(): Promise<void>;
}

/** @param text to begin with. @throws {CountersignError} `config-invalid` where no editor is named */
export async function openEditorFile(environment: Environment, text: string, form: string): Promise<EditorFile> {
  // Set to nothing is not set: `VISUAL= ` is how a shell hides it for one command.
  const named = [environment['VISUAL'], environment['EDITOR']].find((name) => name?.trim());
  const [program, ...before] = (named ?? '').split(' ').filter(Boolean);
  if (program === undefined) {
    throw new CountersignError(
      'config-invalid',
      'Cannot open an editor: neither VISUAL nor EDITOR is set, expected the name of one; set it, or give the arguments with --arguments <file>',
    );
  }
  const folder = await mkdtemp(join(environment['TMPDIR'] ?? tmpdir(), 'countersign-edit-'));
  const path = join(folder, `arguments.${form}`);
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  return {
    path,
    async edit() {
      await run(program, [...before, path]);
      return await readFile(path, 'utf8');
    },
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}

/** At the person's terminal, as if they had typed it. */
async function run(program: string, args: string[]): Promise<void> {
  const ended = await new Promise<string>((resolve) => {
    const editor = spawn(program, args, { stdio: 'inherit' });
    editor.once('error', () => resolve('it cannot be started'));
    editor.once('exit', (code, signal) => resolve(code === 0 ? '' : `it ended with ${signal ?? code}`));
  });
  if (ended === '') return;
  throw new CountersignError(
    'config-invalid',
    `Cannot edit with "${program}": ${ended}, expected an editor that returns 0; set VISUAL or EDITOR to one that waits, such as "code --wait"`,
  );
}
