/**
 * Both directions, over lists of our own: what only looks like reading is never silent, and what people read all day mostly is.
 * The lists are kept apart from the tables' cases, which are written row by row.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';

function linesOf(name: string): string[] {
  const text = readFileSync(new URL(`commands/${name}.txt`, import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const isSilent = (command: string): boolean => classifyShell(command).verdict === 'allow';

it('no command that carries data out, runs, writes or reads secrets by an option of a read is silent', () => {
  const commands = linesOf('quiet-ways-out');
  expect(commands.length).toBeGreaterThan(500);
  expect(commands.filter(isSilent)).toEqual([]);
});

it('what people read all day needs nobody in at least 95 of 100 commands, and is never denied', () => {
  const commands = linesOf('ordinary-reads');
  expect(commands.length).toBeGreaterThan(500);
  const asked = commands.filter((command) => !isSilent(command));
  expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(commands.length * 0.05);
  expect(commands.filter((command) => classifyShell(command).verdict === 'deny')).toEqual([]);
});
