/**
 * The first adapter of the sandbox port: util-linux `unshare` on Linux, as root or as a user with user namespaces.
 * Promises: new user, mount, process, network, IPC, host-name and cgroup namespaces; a root of listed read-only folders;
 * no capability, no new privilege; limits; everything the command started ends with it.
 * Never: falls back to fewer measures. See docs/sandbox.md for what it does not give.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runBounded } from './bounded-process.ts';
import { resolvePaths, systemPaths } from './sandbox-paths.ts';
import type { Sandbox, SandboxAvailability, SandboxCommand, SandboxRefusal, SandboxResult } from './sandbox.ts';
import { buildRootScript, closeProcScript, enterScript, environmentName, setupPath } from './unshare-scripts.ts';

/** Bounds on what one command may use, beside its time and output. */
export type SandboxLimits = {
  /** Processes and threads at once. */
  processes: number;
  openFiles: number;
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes of writable memory of one process. */
  dataBytes: number;
  /** Bytes of the private /tmp, and again of /dev/shm. */
  tmpBytes: number;
};

const defaultLimits: SandboxLimits = {
  processes: 128,
  openFiles: 1024,
  fileBytes: 256 * 1024 * 1024,
  dataBytes: 4 * 1024 * 1024 * 1024,
  tmpBytes: 64 * 1024 * 1024,
};

/** User and group a root caller's commands run as, unless the work folder belongs to another ordinary user. */
const unprivilegedId = 65534;

const needs = 'Linux 5.14 or newer with user namespaces allowed, bash, and util-linux 2.38 or newer';

export type UnshareSandboxOptions = {
  limits?: Partial<SandboxLimits>;
  /** The platform to judge; the one of this process unless told otherwise. */
  platform?: NodeJS.Platform;
  /** Where the set-up's programs are found; the system's folders unless told otherwise. */
  programPath?: string;
};

/** Builds the sandbox. The trial run is made once for each sandbox built. */
export function createUnshareSandbox(options: UnshareSandboxOptions = {}): Sandbox {
  const setup: Setup = {
    limits: { ...defaultLimits, ...options.limits },
    platform: options.platform ?? process.platform,
    programPath: options.programPath ?? setupPath,
  };
  let trial: Promise<SandboxAvailability> | undefined;
  const available = (): Promise<SandboxAvailability> => (trial ??= tryOut(setup));
  return {
    id: 'unshare',
    available,
    async run(command) {
      if (command.signal?.aborted === true)
        return { kind: 'aborted', stdout: '', stderr: '', truncated: false, durationMs: 0 };
      const availability = await available();
      if (!availability.ok) return { kind: 'refused', reason: availability.reason, remedy: availability.remedy };
      return await runUnshared(command, setup);
    },
  };
}

type Setup = { limits: SandboxLimits; platform: NodeJS.Platform; programPath: string };

async function runUnshared(command: SandboxCommand, { limits, programPath }: Setup): Promise<SandboxResult> {
  const fault = faultOf(command);
  if (fault !== undefined) return { kind: 'refused', ...fault };
  const paths = await resolvePaths(command);
  if ('reason' in paths) return { kind: 'refused', ...paths };
  const root = process.getuid?.() === 0;
  const uid = root ? unprivilegedId : (process.getuid?.() ?? unprivilegedId);
  const gid = root ? unprivilegedId : (process.getgid?.() ?? unprivilegedId);
  const names = Object.keys(command.environment);
  const environment: Record<string, string> = { PATH: programPath, LC_ALL: 'C' };
  names.forEach((name, index) => {
    environment[`CS_ENV_${index}`] = command.environment[name] ?? '';
  });
  const ending = await runBounded({
    argv: [
      'unshare',
      ...(root ? [] : ['--user', '--map-root-user']),
      '--mount',
      '--pid',
      '--net',
      '--ipc',
      '--uts',
      '--cgroup',
      '--fork',
      '--kill-child',
      '--',
      'bash',
      '--norc',
      '--noprofile',
      '-p',
      '-c',
      buildRootScript,
      'build-root',
      paths.workFolder,
      String(uid),
      String(gid),
      root ? '1' : '0',
      String(limits.tmpBytes),
      ...counted(systemPaths),
      ...counted(paths.readOnly),
      ...counted(paths.masked),
      closeProcScript,
      ...counted(limitOptions(limits, command.timeoutMs)),
      enterScript(names),
      ...command.argv,
    ],
    stdin: command.stdin ?? '',
    environment,
    timeoutMs: command.timeoutMs,
    maxOutputBytes: command.maxOutputBytes,
    signal: command.signal,
  });
  if (ending.kind === 'not-started')
    return { kind: 'refused', reason: ending.fault, remedy: `this sandbox needs ${needs}` };
  const { stdout, stderr, truncated, durationMs, kind } = ending;
  if (kind !== 'exited') return { kind, stdout, stderr, truncated, durationMs };
  if (ending.status !== 'ready\n') {
    const step = /^failed ([a-z-]+)$/mu.exec(ending.status)?.[1] ?? 'namespaces';
    return {
      kind: 'refused',
      reason: `the sandbox could not be built: step ${step} failed`,
      remedy: `this sandbox needs ${needs}`,
    };
  }
  return { kind, exitCode: ending.exitCode, stdout, stderr, truncated, durationMs };
}

function faultOf(command: SandboxCommand): SandboxRefusal | undefined {
  const [program] = command.argv;
  const environment = Object.entries(command.environment);
  const positive = (value: number): boolean => Number.isSafeInteger(value) && value > 0 && value < 2 ** 31;
  if (program === undefined || program === '' || program.includes('=')) {
    return {
      reason: 'the program is missing or its name holds an equals sign',
      remedy: 'give a program as the first of argv',
    };
  }
  if ([...command.argv, ...environment.flat()].some((text) => text.includes('\0'))) {
    return { reason: 'an argument or a variable holds a NUL character', remedy: 'remove it' };
  }
  if (!environment.every(([name]) => environmentName.test(name))) {
    return {
      reason: 'a variable has a name that shells cannot carry',
      remedy: 'use letters, digits and underscores, and no name of the shell itself',
    };
  }
  if (!positive(command.timeoutMs) || !positive(command.maxOutputBytes)) {
    return { reason: 'the bound on time or output is no positive integer below 2^31', remedy: 'give both bounds' };
  }
  return undefined;
}

function counted(list: readonly string[]): string[] {
  return [String(list.length), ...list];
}

function limitOptions(limits: SandboxLimits, timeoutMs: number): string[] {
  const cpuSeconds = Math.ceil(timeoutMs / 1000) * availableParallelism() + 1;
  const bounds: Record<string, number> = {
    nproc: limits.processes,
    nofile: limits.openFiles,
    fsize: limits.fileBytes,
    data: limits.dataBytes,
    cpu: cpuSeconds,
    core: 0,
    memlock: 64 * 1024,
    msgqueue: 0,
  };
  return Object.entries(bounds).map(([name, value]) => `--${name}=${value}:${value}`);
}

/** What the trial command checks from the inside; it prints the name of the first measure that does not hold. */
const trialScript = `
[ ! -e "$1" ] || { echo masked-paths; exit 1; }
[ "$(id -u)" != 0 ] || { echo user; exit 1; }
grep -q '^CapEff:.0*$' /proc/self/status && grep -q '^CapBnd:.0*$' /proc/self/status || { echo capabilities; exit 1; }
grep -q '^NoNewPrivs:.1$' /proc/self/status || { echo no-new-privileges; exit 1; }
[ "$(grep -c : /proc/net/dev)" = 1 ] || { echo network; exit 1; }
! unshare --user true 2>/dev/null || { echo nested-namespaces; exit 1; }
! (: >/usr/.countersign-trial) 2>/dev/null || { echo read-only; exit 1; }
(: >written) || { echo work-folder; exit 1; }
echo holds
`;

async function tryOut(setup: Setup): Promise<SandboxAvailability> {
  if (setup.platform !== 'linux') {
    return { ok: false, reason: `no sandbox for ${setup.platform} yet`, remedy: `run the tools worker on ${needs}` };
  }
  const version = await promisify(execFile)('unshare', ['--version'], { env: { PATH: setup.programPath } }).catch(
    () => undefined,
  );
  if (version === undefined)
    return { ok: false, reason: 'the program unshare was not found', remedy: 'install util-linux 2.38 or newer' };
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'countersign-sandbox-')));
  try {
    const masked = join(folder, 'state');
    await mkdir(masked, { mode: 0o700 });
    await writeFile(join(masked, 'canary'), '');
    const workFolder = join(folder, 'work');
    await mkdir(workFolder, { mode: 0o700 });
    const result = await runUnshared(
      {
        argv: ['/bin/sh', '-c', trialScript, 'trial', join(masked, 'canary')],
        workFolder,
        maskedPaths: [masked],
        environment: { PATH: setupPath },
        timeoutMs: 20_000,
        maxOutputBytes: 4096,
      },
      setup,
    );
    if (result.kind === 'refused') return { ok: false, reason: result.reason, remedy: result.remedy };
    if (result.kind === 'exited' && result.exitCode === 0 && result.stdout === 'holds\n') {
      return { ok: true, version: version.stdout.trim() };
    }
    const measure = /^[a-z-]+$/mu.exec(result.stdout)?.[0] ?? result.kind;
    return { ok: false, reason: `the trial run failed at: ${measure}`, remedy: `this sandbox needs ${needs}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
