/** Child processes that must not outlive the campaign, however it ends: by its end, by Ctrl-C or by a fault. */
import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export function endWithCampaign(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}
