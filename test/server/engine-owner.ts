/**
 * A process that owns an embedded engine, to be killed by a test. Usage: engine-owner.ts <state folder>. It prints the
 * server's process id and address as one line of JSON, then waits for its end.
 */
import { startEmbeddedEngine } from '../../engine/dev-server.ts';

const [, , stateFolder] = process.argv;
if (stateFolder === undefined) throw new Error('usage: engine-owner.ts <state folder>');
const engine = await startEmbeddedEngine({
  stateFolder,
  namespace: 'countersign-test',
  port: 0,
  uiPort: 0,
  retentionDays: 3,
  synchronous: 'normal',
});
process.stdout.write(`${JSON.stringify({ pid: engine.pid, address: engine.address })}\n`);
await engine.exited;
