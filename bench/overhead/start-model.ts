/** Starts the scripted model; it ends with this process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface BenchModel {
  baseURL: string;
  stop(): void;
}

export async function startBenchModel(): Promise<BenchModel> {
  const child = fork(fileURLToPath(new URL('model-program.ts', import.meta.url)), {
    execArgv: ['--conditions=countersign-source', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('Cannot start the scripted model: it ended, expected it to listen');
  });
  const [baseURL] = (await Promise.race([once(child, 'message'), ended])) as [string];
  ended.catch(() => undefined);
  return {
    baseURL,
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}
