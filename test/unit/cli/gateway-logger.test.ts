/** The gateway's log in a program for people: what went wrong and its code, on one line that cannot steer the terminal. */
import { expect, test } from 'vitest';
import { gatewayLogger } from '../../../cli/parts/gateway-logger.ts';

function logged(log: (logger: ReturnType<typeof gatewayLogger>) => void): string[] {
  const lines: string[] = [];
  log(gatewayLogger((line) => lines.push(line)));
  return lines;
}

test('a fault is a line with its facts', () => {
  expect(logged((logger) => logger.error({ code: 'server-unavailable', frames: ['x'] }, 'request failed'))).toEqual([
    'gateway fault: request failed: code server-unavailable',
  ]);
});

test('an error is a line with its message', () => {
  expect(logged((logger) => logger.warn({ err: new Error('gone') }, 'look'))).toEqual(['gateway warning: look: gone']);
  expect(logged((logger) => logger.error(new Error('gone')))).toEqual(['gateway fault: gone']);
});

test('what others wrote in it cannot steer the terminal', () => {
  const [line] = logged((logger) => logger.warn({ reason: 'a\u001b[2Jb' }, 'failed'));
  expect(line).not.toContain('\u001b');
});

test('what is no warning is not said', () => {
  expect(logged((logger) => logger.info({ code: 'x' }, 'answered'))).toEqual([]);
});
