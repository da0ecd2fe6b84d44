/**
 * Judges the paths of a sandboxed command before anything is mounted, on their real (symbolic-link free) form.
 * Promises: the work folder neither is nor holds anything masked, a home or a part of the system.
 * Never: guesses; what cannot be resolved is refused.
 */
import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { SandboxCommand, SandboxRefusal } from './sandbox.ts';

/** Folders of the system that are shown read-only where they exist. Everything else is absent. */
export const systemPaths: readonly string[] = [
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/usr',
  '/etc',
  '/opt',
  '/nix/store',
];

/** Masked whatever the command says: homes, sockets, other processes, credentials of the machine. */
const alwaysMasked: readonly string[] = [
  '/root',
  '/home',
  '/Users',
  '/run',
  '/var/run',
  '/boot',
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/etc/sudoers',
  '/etc/sudoers.d',
  '/etc/ssh',
  '/etc/ssl/private',
  '/etc/krb5.keytab',
  '/etc/docker',
  '/etc/kubernetes',
  '/etc/machine-id',
  '/etc/wireguard',
  '/etc/NetworkManager',
  '/etc/security/opasswd',
];

const notAWorkFolder = ['/proc', '/sys', '/tmp', '/var', '/var/tmp', '/dev', '/dev/shm', '/mnt', '/media', '/srv'];

/** Nothing below these is anybody's private folder. An application may keep its own below /opt. */
const notInside = ['/proc', '/sys', '/dev', ...systemPaths.filter((path) => path !== '/opt')];

type SandboxPaths = { workFolder: string; readOnly: string[]; masked: string[] };

/** Resolves the paths of a command, parents first, or says why it cannot be run. */
export async function resolvePaths(command: SandboxCommand): Promise<SandboxPaths | SandboxRefusal> {
  const given = [command.workFolder, ...command.maskedPaths, ...(command.readOnlyPaths ?? [])];
  if (!given.every((path) => isAbsolute(path) && !path.includes('\0'))) {
    return refuse('a path is not absolute', 'give absolute paths only');
  }
  const workFolder = await realFolder(command.workFolder);
  if (workFolder === undefined) return refuse('the work folder is no folder that can be read', 'create it first');
  const masked: string[] = [];
  for (const path of [...alwaysMasked, homedir(), ...command.maskedPaths]) {
    const real = await realOrLexical(path);
    if (real === undefined)
      return refuse('a masked path cannot be resolved', 'give paths that this user can look up, or that do not exist');
    masked.push(real);
  }
  const kept = [...masked, ...systemPaths, ...notAWorkFolder];
  if (kept.some((path) => isWithin(path, workFolder)) || ['/home', '/Users'].includes(dirname(workFolder))) {
    return refuse(
      'the work folder holds a masked path, a home or a part of the system',
      'use a private folder made for the run',
    );
  }
  if (notInside.some((path) => isWithin(workFolder, path))) {
    return refuse(
      'the work folder lies in the system or a file system of the kernel',
      'use a private folder made for the run',
    );
  }
  const readOnly: string[] = [];
  const ownMasks = await Promise.all(command.maskedPaths.map(realOrLexical));
  const homes = await Promise.all(
    ['/root', '/home', '/Users', '/run', '/proc', '/sys', '/dev', homedir()].map(realOrLexical),
  );
  for (const path of command.readOnlyPaths ?? []) {
    const real = await realOrLexical(path);
    if (real === undefined || (await realOrUndefined(path)) === undefined) {
      return refuse('a read-only path does not exist', 'give existing paths only');
    }
    const forbidden =
      homes.some((home) => home !== undefined && isWithin(home, real)) ||
      ['/run', '/proc', '/sys', '/dev'].some((folder) => isWithin(real, folder)) ||
      ownMasks.some((mask) => mask !== undefined && isWithin(real, mask)) ||
      isWithin(workFolder, real) ||
      isWithin(real, workFolder);
    if (forbidden) {
      return refuse(
        'a read-only path is masked, a home, or overlaps the work folder',
        'name the one folder or file that the command needs',
      );
    }
    readOnly.push(real);
  }
  return { workFolder, readOnly: parentsFirst(readOnly), masked: parentsFirst(masked) };
}

/** True when `path` is `folder` or lies in it. Both absolute. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

function refuse(reason: string, remedy: string): SandboxRefusal {
  return { reason, remedy };
}

function parentsFirst(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => path !== '/').sort((a, b) => a.length - b.length);
}

async function realFolder(path: string): Promise<string | undefined> {
  const real = await realOrUndefined(path);
  if (real === undefined) return undefined;
  return (await stat(real)).isDirectory() ? real : undefined;
}

async function realOrUndefined(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined);
}

/** The real path; of one that does not exist, the real path of its nearest existing parent with the rest. */
async function realOrLexical(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? fault.code : undefined;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EACCES') return undefined;
    const parent = await realOrLexical(dirname(resolve(path)));
    return parent === undefined
      ? undefined
      : resolve(
          parent,
          resolve(path)
            .slice(dirname(resolve(path)).length)
            .replace(/^\//u, ''),
        );
  }
}
