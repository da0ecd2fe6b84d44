/**
 * Makes a folder and what it lies in, level by level. Not `mkdir` with `recursive`: below a folder that refuses new ones with
 * "no such file", such as `/proc`, that one tries again for ever.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf } from '../core/errors.ts';

/** @param mode of each folder that is made. @throws {Error} with the reason, naming the folder that stands in the way */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  const missing: string[] = [];
  let there = resolve(folder);
  while (!(await isFolder(there)) && dirname(there) !== there) {
    missing.push(there);
    there = dirname(there);
  }
  for (const path of missing.toReversed()) {
    try {
      await mkdir(path, { mode });
    } catch (error) {
      // Somebody else may have made it meanwhile; a link that leads nowhere is there too, and no folder.
      if (await isFolder(path)) continue;
      throw new Error(`no folder can be made in "${dirname(path)}" (${codeOf(error) ?? messageOf(error)})`, {
        cause: error,
      });
    }
  }
}

/** @throws {Error} where something else is in the way */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false;
    throw new Error(`"${path}" cannot be looked at (${codeOf(error) ?? messageOf(error)})`, { cause: error });
  }
  throw new Error(`"${path}" is no folder`);
}
