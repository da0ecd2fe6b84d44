/** The log of a process: one line for each thing said, readable by its reader, and no secret in it however it came there. */
import { expect, test } from 'vitest';
import { openProcessLog, type ProcessLog } from '../../../worker/process-log.ts';
import { temporalLog } from '../../../worker/temporal-log.ts';

// Made here, so that no scanner finds it in the source.
const awsKey = ['AKIA', 'IOSFODNN7', 'QWERTZU'].join('');
const held = 'correct horse battery staple';

function logged(
  write: (log: ProcessLog) => void,
  changes: Partial<Parameters<typeof openProcessLog>[0]> = {},
): string[] {
  const lines: string[] = [];
  const options = { part: 'gateway', level: 'info', format: 'json', secrets: [held] } as const;
  write(openProcessLog({ ...options, ...changes, write: (line) => lines.push(line) }));
  return lines;
}

function parsed(write: (log: ProcessLog) => void): Record<string, unknown> {
  return JSON.parse(logged(write)[0] ?? '') as Record<string, unknown>;
}

test('a line is one JSON object with time, level, part, facts and message', () => {
  const line = parsed((log) => log.warn({ workflowId: 'run-1', count: 2 }, 'look at %s', 'this'));
  expect(line).toMatchObject({
    level: 'warn',
    part: 'gateway',
    workflowId: 'run-1',
    count: 2,
    message: 'look at this',
  });
  expect(String(line['time'])).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);
});

test('what is below the level is not said, and nothing is at silent', () => {
  expect(logged((log) => log.debug('x'))).toEqual([]);
  expect(logged((log) => log.error('x'), { level: 'silent' })).toEqual([]);
});

test.each<[string, (log: ProcessLog) => void]>([
  ['in a message', (log) => log.info(`the key is ${awsKey}`)],
  ['among the values of a message', (log) => log.info('the key is %s', awsKey)],
  ['in a fact', (log) => log.info({ reason: `aws ${awsKey}` }, 'x')],
  ['deep in a fact', (log) => log.info({ a: { b: [{ c: awsKey }] } }, 'x')],
  ['in the name of a fact', (log) => log.info({ [awsKey]: 1 }, 'x')],
  ['in an error', (log) => log.error(new Error(`no ${awsKey}`))],
  ['in an error that is a fact', (log) => log.error({ err: new Error(`no ${awsKey}`) }, 'x')],
  ['in the cause of an error', (log) => log.error(new Error('no', { cause: new Error(awsKey) }), 'x')],
  ['in an error among the values of a message', (log) => log.error('x %s', new Error(awsKey))],
  ['in a child log', (log) => log.child({ header: awsKey }).info('x')],
  ['in a child of a child', (log) => log.child({ a: 1 }).child({ b: awsKey }).info('x')],
])('a secret by its form, %s, is taken out', (_where, write) => {
  const [line = ''] = logged(write);
  expect(line).not.toBe('');
  expect(line).not.toContain(awsKey);
});

test.each([held, Buffer.from(held).toString('base64'), encodeURIComponent(held), Buffer.from(held).toString('hex')])(
  'a secret that this process holds is taken out however it is spelled: %#',
  (spelling) => {
    expect(logged((log) => log.info({ text: `a ${spelling} b` }, 'x')).join('')).not.toContain(spelling);
  },
);

test.each(['authorization', 'Cookie', 'x-api-key', 'apiKey', 'password', 'clientSecret', 'taskToken'])(
  'a text under the name %s is taken out whatever it looks like, and a number is not',
  (name) => {
    expect(parsed((log) => log.info({ headers: { [name]: 'plain words' }, [name]: 3 }, 'x'))).toMatchObject({
      headers: { [name]: '[removed]' },
      [name]: 3,
    });
  },
);

test('of an error its kind and message are kept, no stack and no path', () => {
  const error = Object.assign(new TypeError('cannot open /etc/countersign/keys/ticket.key'), { code: 'ENOENT' });
  const { err } = parsed((log) => log.error({ err: error }, 'x'));
  expect(err).toEqual({ name: 'TypeError', code: 'ENOENT', message: 'cannot open <path>' });
});

test('what is huge, deep or binary is cut', () => {
  const [line = ''] = logged((log) =>
    log.info({ text: 'x'.repeat(50_000), bytes: Buffer.alloc(9), a: { b: { c: { d: { e: 1 } } } } }, 'x'),
  );
  expect(line.length).toBeLessThan(3000);
  expect(JSON.parse(line)).toMatchObject({ bytes: '[9 bytes]', a: { b: { c: { d: '[deeper]' } } } });
});

test('on a terminal a line is readable, and what others wrote cannot steer the terminal', () => {
  const [line = ''] = logged((log) => log.warn({ reason: 'a\u001B[2Jb' }, 'failed\nagain'), { format: 'text' });
  expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}gateway: failed/u);
  expect(line).toContain('(reason ');
  expect(line).not.toContain('\u001B');
  expect(line.indexOf('\n')).toBe(line.length - 1);
});

test('what the Temporal SDK says has the same form and the same cleaning', () => {
  const line = parsed((log) => {
    temporalLog(log).warn('Activity failed', {
      activityType: 'runTool',
      error: new Error(`with ${awsKey}`),
      taskToken: 'x',
    });
  });
  expect(line).toMatchObject({ level: 'warn', from: 'temporal', message: 'Activity failed', activityType: 'runTool' });
  expect(JSON.stringify(line)).not.toContain(awsKey);
  expect(line).toMatchObject({ taskToken: '[removed]' });
  expect(logged((log) => void temporalLog(log).log('DEBUG', 'x'))).toEqual([]);
});
