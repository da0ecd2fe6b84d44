/** What needs a newer Node.js says so, with both versions and a remedy. */
import { expect, test } from 'vitest';
import { requireNode24 } from '../../../core/needed-node.ts';

test.each(['20.20.2', '22.19.0', '23.11.1', '9.0.0', ''])('Node.js %s is refused', (version) => {
  expect(() => requireNode24(version, 'load an agent pack')).toThrow(
    `Cannot load an agent pack: this is Node.js ${version}, expected Node.js 24 or newer; start this program with one`,
  );
});

test.each(['24.0.0', '24.1.0-nightly', '100.0.0'])('Node.js %s is enough', (version) => {
  expect(() => requireNode24(version, 'load an agent pack')).not.toThrow();
});
