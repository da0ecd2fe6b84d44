/** What the Temporal SDK and its native core have to say, in this process's own log: same form, same cleaning, same levels. */
import type { Logger } from '@temporalio/worker';
import type { ProcessLog } from './process-log.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';
type Meta = Parameters<Logger['info']>[1];

export function temporalLog(log: ProcessLog): Logger {
  const at =
    (level: Level) =>
    (message: string, meta: Meta = {}): void =>
      log[level]({ ...meta, from: 'temporal' }, message);
  const byLevel = {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
  return {
    ...byLevel,
    log: (level, message, meta) => byLevel[level.toLowerCase() as Level](message, meta),
  };
}
