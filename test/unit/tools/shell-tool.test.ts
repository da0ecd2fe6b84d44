import { describe, expect, test } from 'vitest';
import { digestText } from '../../../core/digest.ts';
import { createToolRegistry } from '../../../tools/registry.ts';
import type { SandboxCommand, SandboxResult } from '../../../tools/sandbox/sandbox.ts';
import { sandboxWithMasks } from '../../../tools/sandbox-with-masks.ts';
import { shellTool } from '../../../tools/shell-tool.ts';
import type { ToolContext } from '../../../tools/tool-context.ts';

const output = { stdout: 'out\n', stderr: '', truncated: false, durationMs: 1 };
async function runShell(result: SandboxResult) {
  const commands: SandboxCommand[] = [];
  const sandbox = {
    id: 'fake',
    available: async () => ({ ok: true as const, version: '1' }),
    run: async (command: SandboxCommand) => (commands.push(command), result),
  };
  const tool = createToolRegistry([shellTool()], { moduleDigest: digestText('body', '') }).get('shell');
  const context = {
    workFolder: '/w',
    timeoutMs: 5,
    signal: AbortSignal.abort(),
    sandbox: sandboxWithMasks(sandbox, ['/state']),
  };
  const text = await tool?.execute({ command: 'echo "$HOME"; rm -rf x' }, context as unknown as ToolContext);
  return { text, command: commands[0] };
}

describe('shellTool', () => {
  test('passes the text whole to one shell, in the work folder, with masks and without the caller’s environment', async () => {
    const { command, text } = await runShell({ kind: 'exited', exitCode: 3, ...output, stderr: 'bad' });
    expect(command).toMatchObject({
      argv: ['/bin/sh', '-c', 'echo "$HOME"; rm -rf x'],
      workFolder: '/w',
      timeoutMs: 5,
      maskedPaths: ['/state'],
    });
    expect(Object.keys(command?.environment ?? {})).toEqual(['PATH', 'HOME', 'LANG']);
    expect(text).toBe('[exit code 3]\nout\n\n[standard error]\nbad');
  });

  test('says how a command ended that did not exit', async () => {
    expect((await runShell({ kind: 'timed-out', ...output, truncated: true })).text).toBe(
      '[ended: timed-out]\nout\n\n[output cut]',
    );
  });

  test('fails, with the remedy, where there is no sandbox', async () => {
    const refused = runShell({ kind: 'refused', reason: 'unshare is missing', remedy: 'install util-linux' });
    await expect(refused).rejects.toMatchObject({
      name: 'ToolFailure',
      message: expect.stringMatching(/unshare is missing.*install util-linux/) as string,
    });
  });

  test('is an effect of high risk', () => {
    expect(shellTool()).toMatchObject({ effect: 'effect', risk: 'high', resultLabels: [] });
  });
});
