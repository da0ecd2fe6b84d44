/**
 * Has Docker's own client read docker-compose.yml, where this machine has one with the compose plugin. It starts nothing and
 * makes no secret: it shows that the file resolves. `npm test` checks the file without Docker.
 */
import { spawnSync } from 'node:child_process';
import { repositoryRoot } from './lint/repository-files.ts';

const run = (...args: string[]) => spawnSync('docker', ['compose', ...args], { cwd: repositoryRoot, encoding: 'utf8' });
const version = run('version', '--short');
if (version.status !== 0) {
  process.stderr.write(
    'not checked: no Docker client with the compose plugin on this machine; install docker-compose-plugin\n',
  );
} else {
  const { status, stderr } = run('--env-file', '.env.example', 'config', '--quiet');
  process.stderr.write(stderr);
  process.stdout.write(`docker compose ${version.stdout.trim()}: ${status === 0 ? 'the file resolves' : 'refused'}\n`);
  process.exitCode = status ?? 1;
}
