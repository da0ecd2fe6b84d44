/** What is told of a guard's error: where to look, and nothing of what it looked at. */
import { expect, test } from 'vitest';
import { faultPlace } from '../../../guards/fault-place.ts';

class Odd extends Error {
  constructor(name: string, message: string, stack?: string) {
    super(message);
    this.name = name;
    if (stack !== undefined) this.stack = stack;
  }
}

const secret = ['hunter2', 'hunter2'].join('-');
const stackOf = (head: string, frame = '    at check (file:///srv/pack/tools.ts:12:5)') =>
  `${head}\n${frame}\n    at x.js:1:1`;

test('names the kind and the place of an error', () => {
  expect(faultPlace(new Odd('TypeError', 'no', stackOf('TypeError: no')))).toBe('TypeError at tools.ts:12:5');
  expect(faultPlace(new Odd('Error', '', stackOf('Error', '    at C:\\pack\\tools.js:7:21')))).toBe(
    'Error at tools.js:7:21',
  );
  const thrown = (() => {
    try {
      return JSON.parse(secret) as unknown;
    } catch (error) {
      return error;
    }
  })();
  expect(faultPlace(thrown)).toMatch(/^SyntaxError at fault-place\.test\.ts:\d+:\d+$/u);
  expect(faultPlace(thrown)).not.toContain('hunter2');
});

test.each<[string, unknown]>([
  [
    'a message that looks like a place',
    new Odd('E', `x\n    at ${secret}.ts:1:1`, stackOf(`E: x\n    at ${secret}.ts:1:1`)),
  ],
  ['a message that is not where it was', new Odd('E', 'other', stackOf(`E: x\n    at ${secret}.ts:1:1`))],
  ['a name that holds more', new Odd(`E ${secret}`, 'm', stackOf(`E ${secret}: m`))],
  [
    'an error whose parts throw',
    Object.defineProperty(new Error(secret), 'stack', { get: () => JSON.parse('') as string }),
  ],
  ['a text', secret],
  ['a rejected object', { name: secret, stack: `\n    at ${secret}.ts:1:1` }],
])('tells nothing of %s', (_what, error) => {
  expect(faultPlace(error)).not.toContain(secret);
});
