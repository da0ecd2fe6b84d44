/** The gateway's log in a program for people: warnings and errors as one line each, without request bodies; no more. */
import type { GatewayOptions } from '../../gateway/options.ts';
import { visible } from '../terminal.ts';

type Logger = GatewayOptions['logger'];

export function gatewayLogger(log: (line: string) => void): Logger {
  const write =
    (level: string) =>
    (...values: unknown[]): void =>
      log(`gateway ${level}: ${visible(textOf(values))}`);
  const silent = (): void => undefined;
  const logger: Logger = {
    level: 'warn',
    fatal: write('fault'),
    error: write('fault'),
    warn: write('warning'),
    info: silent,
    debug: silent,
    trace: silent,
    silent,
    child: () => logger,
  };
  return logger;
}

/** Called as pino is: an object with `err` and facts, then a text; or one of the two. */
function textOf(values: readonly unknown[]): string {
  const [first, second] = values;
  const text = typeof first === 'string' ? first : typeof second === 'string' ? second : '';
  const error = typeof first === 'object' && first !== null && 'err' in first ? first.err : first;
  const why = error instanceof Error ? error.message : factsOf(first);
  return [text, why]
    .filter((part) => part !== '')
    .join(': ')
    .slice(0, 500);
}

/** Its short ones: `code server-unavailable, workflowId run-…`. */
function factsOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const facts = Object.entries(value).filter(([, fact]) => typeof fact === 'string' || typeof fact === 'number');
  return facts.map(([name, fact]) => `${name} ${fact}`).join(', ');
}
