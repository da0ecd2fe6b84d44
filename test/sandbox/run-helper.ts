/** A process that runs one sandboxed command it is sent, as the user named by its argument if there is one. */
import type { SandboxCommand } from '../../tools/sandbox/sandbox.ts';
import { createUnshareSandbox, type UnshareSandboxOptions } from '../../tools/sandbox/unshare-sandbox.ts';

const uid = process.argv[2];
if (uid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
  process.env['HOME'] = process.env['HELPER_HOME'] ?? '/nonexistent';
}
const abort = new AbortController();
process.on('message', (message: { command: SandboxCommand; options: UnshareSandboxOptions } | { abort: true }) => {
  if ('abort' in message) {
    abort.abort();
    return;
  }
  void createUnshareSandbox(message.options)
    .run({ ...message.command, signal: abort.signal })
    .then((result) => process.send?.(result));
});
