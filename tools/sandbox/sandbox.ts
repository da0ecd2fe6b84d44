/**
 * The sandbox port: the only door through which Countersign starts a child process.
 * Promises: a command sees a private work folder, the environment it was given and nothing else of its caller.
 * Never: runs anything when the measures cannot all be taken; "no sandbox" is a refusal, not a plain process.
 */

/** One command to run, complete: nothing is inherited from the caller. */
export type SandboxCommand = {
  /** Program and arguments, passed as they are. A shell tool passes `['/bin/sh', '-c', text]`. */
  argv: readonly string[];
  /** Written to standard input, which is then closed. Absent: empty. */
  stdin?: string;
  /** Absolute path of an existing folder: the working directory, and the only lasting place that can be written. */
  workFolder: string;
  /** The whole environment of the command. */
  environment: Readonly<Record<string, string>>;
  /** Wall-clock bound in milliseconds, counted from the start of the set-up. */
  timeoutMs: number;
  /** Bound in bytes on standard output and standard error together. */
  maxOutputBytes: number;
  /** Absolute paths that must not be readable: state folder, keys, engine database. Homes and sockets always are masked. */
  maskedPaths: readonly string[];
  /** Absolute paths to show read-only beside the system's folders (a pack's scripts, a runtime). Masks win over them. */
  readOnlyPaths?: readonly string[];
  /** Ends the command and all it started. */
  signal?: AbortSignal;
};

/** What a command wrote before it ended, cut at `maxOutputBytes`. */
export type SandboxOutput = { stdout: string; stderr: string; truncated: boolean; durationMs: number };

/** Why nothing was run, and what to do about it. */
export type SandboxRefusal = { reason: string; remedy: string };

/** How a command ended. `refused` means that not one instruction of it ran. */
export type SandboxResult =
  | ({ kind: 'exited'; exitCode: number } & SandboxOutput)
  | ({ kind: 'timed-out' | 'aborted' | 'output-limit' } & SandboxOutput)
  | ({ kind: 'refused' } & SandboxRefusal);

/** Whether this machine can take every measure, found by a real trial run. */
export type SandboxAvailability = { ok: true; version: string } | ({ ok: false } & SandboxRefusal);

export type Sandbox = {
  /** Name of the adapter, for records and `doctor`. */
  id: string;
  /** Makes one trial run and remembers its result for this process. */
  available(): Promise<SandboxAvailability>;
  /** Runs one command. Never throws for what the command or the machine does; all that is in the result. */
  run(command: SandboxCommand): Promise<SandboxResult>;
};
