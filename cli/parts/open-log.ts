/** The log of a process of this program, on standard error: JSON unless a person watches, and without what it knows as secret. */
import { type Config, secretNames } from '../../worker/config.ts';
import { openProcessLog, type ProcessLog } from '../../worker/process-log.ts';
import type { CommandContext } from '../context.ts';

/** @param fallback level where the settings name none */
export function openLog(
  { terminal }: Pick<CommandContext, 'terminal'>,
  config: Config,
  part: string,
  fallback: 'info' | 'warn' = 'info',
): ProcessLog {
  const { logLevel, logFormat } = config;
  const forPeople = part === 'dev' || terminal.isWatched;
  return openProcessLog({
    part,
    level: logLevel ?? fallback,
    format: logFormat === 'auto' ? (forPeople ? 'text' : 'json') : logFormat,
    // With the progress line out of its way.
    write: (line) => terminal.talk(line.trimEnd()),
    secrets: secretNames.flatMap((name) => config[name] ?? []),
  });
}
