/**
 * Where in a pack an error of loading it stands, as far as Node says: above the stack of a syntax error, in the frames of a
 * thrown one. Node says nothing of some errors; then there is no place, and never a guessed one.
 */
import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackProblem } from './pack-problem.ts';

type PlaceInPack = Pick<PackProblem, 'file' | 'line' | 'column'>;

/** @param folder of the pack. @returns undefined where Node names no file in it */
export function placeOfError(error: unknown, folder: string): PlaceInPack | undefined {
  // Whatever a pack throws: its stack may be anything, and may throw when it is read.
  const stack = textOf(() => (error instanceof Error ? error.stack : undefined));
  return placeAbove(stack, folder) ?? placeInFrames(stack, folder);
}

/** `<file>:<line>`, lines of the source, and marks below the place. */
function placeAbove(stack: string, folder: string): PlaceInPack | undefined {
  const [first = '', ...lines] = stack.split('\n');
  const [, path, line] = /^(.+):(\d+)$/u.exec(first) ?? [];
  const marks = lines.find((one) => /^\s*\^+\s*$/u.test(one));
  if (path === undefined || marks === undefined) return undefined;
  return placeIn(folder, path, Number(line), marks.indexOf('^') + 1);
}

function placeInFrames(stack: string, folder: string): PlaceInPack | undefined {
  for (const [, path = '', line, column] of stack.matchAll(/^ +at (?:.*\()?(file:[^\s()]+):(\d+):(\d+)\)?$/gmu)) {
    const place = placeIn(folder, path, Number(line), Number(column));
    if (place) return place;
  }
  return undefined;
}

function placeIn(folder: string, path: string, line: number, column: number): PlaceInPack | undefined {
  const file = relative(
    textOf(() => realpathSync(folder)),
    pathOf(path),
  );
  const inside = file !== '' && file !== '..' && !file.startsWith(`..${sep}`) && !file.includes('node_modules');
  return inside ? { file: file.split(sep).join('/'), line, column } : undefined;
}

function pathOf(path: string): string {
  return textOf(() => realpathSync(path.startsWith('file:') ? fileURLToPath(path) : path));
}

/** Empty for what cannot be read. */
function textOf(read: () => unknown): string {
  try {
    const value = read();
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}
