/**
 * Which work folders the sandbox refuses, judged without running anything: a run as root gives its work folder to another
 * user, so a test that ran one of these and met a missing refusal would change owners all over the machine.
 */
import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { resolvePaths } from '../../../tools/sandbox/sandbox-paths.ts';

test.each(['/', homedir(), '/tmp', '/usr', '/usr/bin', '/etc', '/proc/self', '/dev'])(
  'the paths of a command are refused when the work folder is %s',
  async (workFolder) => {
    const paths = await resolvePaths({
      argv: ['/bin/true'],
      workFolder,
      environment: {},
      timeoutMs: 1_000,
      maxOutputBytes: 1_000,
      maskedPaths: [],
    });
    expect(paths).toHaveProperty('reason');
  },
);
