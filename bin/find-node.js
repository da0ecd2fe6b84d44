/**
 * Finds a Node.js that can run the program: this one, else the one from our optional npm package, else one on PATH. Each is
 * asked for its version before it is taken: a package for another C library is there but does not run.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

export const neededMajor = 24;

/**
 * @typedef {object} Machine what the search looks at; tests give their own
 * @property {string} execPath
 * @property {string} version of execPath, such as `v24.1.0`
 * @property {string} platform
 * @property {string} arch
 * @property {string} path
 * @property {(name: string) => string | undefined} packageFolder
 * @property {(program: string) => string | undefined} versionOf undefined where it does not run
 */

/**
 * @param {Machine} machine
 * @returns {{ node: string | undefined, tried: string }}
 */
export function findNode(machine = thisMachine()) {
  if (isNewEnough(machine.version)) return { node: machine.execPath, tried: '' };
  const tried = [`${machine.version} at ${machine.execPath}`];
  const name = `node-${machine.platform}-${machine.arch}`;
  const folder = machine.packageFolder(name);
  const candidates = folder === undefined ? [] : [join(folder, 'bin', 'node')];
  if (folder === undefined) tried.push(`no package ${name}`);
  const onPath = machine.path.split(delimiter).filter(isAbsolute);
  candidates.push(...onPath.map((entry) => join(entry, 'node')));
  for (const candidate of new Set(candidates)) {
    const version = candidate === machine.execPath ? machine.version : machine.versionOf(candidate);
    if (version !== undefined && isNewEnough(version)) return { node: candidate, tried: '' };
    if (version !== undefined && candidate !== machine.execPath) tried.push(`${version} at ${candidate}`);
  }
  return { node: undefined, tried: tried.join(', ') };
}

/** @returns {Machine} */
function thisMachine() {
  return {
    execPath: process.execPath,
    version: process.version,
    platform: process.platform,
    arch: process.arch,
    path: process.env['PATH'] ?? '',
    packageFolder,
    versionOf,
  };
}

/** @param {string} version */
function isNewEnough(version) {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) >= neededMajor;
}

/** @param {string} name */
function packageFolder(name) {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** @param {string} program */
function versionOf(program) {
  const result = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return result.status === 0 ? result.stdout.trim() : undefined;
}
