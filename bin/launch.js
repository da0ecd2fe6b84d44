/**
 * Starts the program proper under Node.js 24, as if it had been started directly: the same arguments, standard streams,
 * signals and exit code. It ends with this process, even when this process is killed. Must stay readable for Node.js 18.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { findNode, neededMajor } from './find-node.js';

/** @type {NodeJS.Signals[]} */
const forwarded = ['SIGTERM', 'SIGHUP', 'SIGUSR2'];
/**
 * The terminal sends these to its whole foreground group: the program has its own copy already.
 * @type {NodeJS.Signals[]}
 */
const fromKeyboard = ['SIGINT', 'SIGQUIT'];

/**
 * @param {string} root folder that holds `bin`, and `cli` (the repository) or `dist` (the package)
 * @returns {void}
 */
export function launch(root) {
  const entry = findEntry(root);
  if (entry === undefined) return refuse(`there is no program in ${root}; install the package countersign again`);
  const { node, tried } = findNode();
  if (node === undefined) {
    return refuse(
      `it needs Node.js ${neededMajor} or newer, found ${tried}; install Node.js ${neededMajor}, or npm packages without --omit=optional`,
    );
  }
  start(node, [...process.execArgv, ...entry, ...process.argv.slice(2)]);
}

/**
 * Options and path for Node.js, or undefined where neither form of the program is there.
 *
 * @param {string} root
 * @returns {string[] | undefined}
 */
export function findEntry(root) {
  const lifeline = ['--no-warnings', `--import=${new URL('./end-with-launcher.js', import.meta.url).href}`];
  const source = join(root, 'cli', 'main.ts');
  if (existsSync(source)) return ['--conditions=countersign-source', ...lifeline, source];
  const built = join(root, 'dist', 'cli', 'main.js');
  return existsSync(built) ? [...lifeline, built] : undefined;
}

/**
 * @param {string} node
 * @param {string[]} parameters
 */
function start(node, parameters) {
  // The channel carries no messages: its closing tells the program that this process is gone.
  const env = { ...process.env, COUNTERSIGN_LAUNCHER: String(process.pid) };
  const child = spawn(node, parameters, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  for (const signal of fromKeyboard) process.on(signal, () => terminal || child.kill(signal));
  child.once('error', (error) => refuse(`${node} does not start: ${error.message}; reinstall Node.js ${neededMajor}`));
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // End in the same way, so that whoever started us sees what happened.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
  });
}

/** @param {string} reason */
function refuse(reason) {
  process.stderr.write(`Cannot start countersign: ${reason}\n`);
  process.exit(1);
}
