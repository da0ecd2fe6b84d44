/**
 * A ready `shell` tool. It runs `/bin/sh -c` through the sandbox port and nowhere else: no sandbox, no shell. The command's
 * own failure (exit code, time, output) is an answer, not a fault, because what ran before it may have had effects.
 */
import { z } from 'zod';
import { defineTool, type Tool, type ToolSource } from './define-tool.ts';
import type { SandboxResult } from './sandbox/sandbox.ts';
import { ToolFailure } from './tool-failure.ts';

const parameters = z.strictObject({
  command: z
    .string()
    .min(1)
    .max(32_768)
    .regex(/\S/u, 'a command, not blanks alone')
    .describe('Text for /bin/sh -c, run in the work folder without network'),
});

export interface ShellToolOptions
  extends Partial<
    Pick<ToolSource<typeof parameters>, 'name' | 'description' | 'risk' | 'tags' | 'startToCloseMs' | 'votesDemanded'>
  > {
  /** The whole environment of the command. @default PATH, HOME and LANG */
  environment?: Readonly<Record<string, string>>;
  /** Absolute paths to show read-only. @default none */
  readOnlyPaths?: readonly string[];
  /** Bytes of standard output and error together. @default 1048576 */
  maxOutputBytes?: number;
}

const defaultEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent', LANG: 'C.UTF-8' };

export function shellTool(options: ShellToolOptions = {}): Tool {
  const { environment = defaultEnvironment, readOnlyPaths = [], maxOutputBytes = 1024 * 1024, ...definition } = options;
  return defineTool({
    name: 'shell',
    description: 'Runs a shell command in a sandbox: own work folder, no network, the rest of the system read-only',
    effect: 'effect',
    risk: 'high',
    tags: ['shell'],
    commandArguments: ['command'],
    ...definition,
    parameters,
    execute: async ({ command }, { sandbox, workFolder, signal, timeoutMs }) => {
      const result = await sandbox.run({
        argv: ['/bin/sh', '-c', command],
        workFolder,
        environment,
        timeoutMs,
        maxOutputBytes,
        maskedPaths: [],
        readOnlyPaths,
        signal,
      });
      return describeResult(result);
    },
  });
}

function describeResult(result: SandboxResult): string {
  if (result.kind === 'refused') {
    throw new ToolFailure(
      `Cannot run a command: no sandbox (${result.reason}), expected a working one; ${result.remedy}`,
    );
  }
  const ending = result.kind === 'exited' ? `exit code ${result.exitCode}` : `ended: ${result.kind}`;
  const cut = result.truncated ? '\n[output cut]' : '';
  const errors = result.stderr === '' ? '' : `\n[standard error]\n${result.stderr}`;
  return `[${ending}]\n${result.stdout}${errors}${cut}`;
}
