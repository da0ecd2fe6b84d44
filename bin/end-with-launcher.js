/**
 * Loaded into the program before anything else when bin/launch.js starts it: ends it when the launcher was killed. Killing
 * at once is safe, since everything that matters is durable, and it is what whoever killed the launcher asked for.
 */
import { isMainThread } from 'node:worker_threads';

// Threads and forks of the program inherit this option, but not the launcher.
if (isMainThread && process.channel && process.env['COUNTERSIGN_LAUNCHER'] === String(process.ppid)) {
  delete process.env['COUNTERSIGN_LAUNCHER'];
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // Waiting for the launcher is no work to stay alive for.
  process.channel.unref();
}
