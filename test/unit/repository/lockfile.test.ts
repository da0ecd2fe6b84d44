/** A lockfile written where the registry lacks other platforms is completed, and never weakened where the gate runs. */
import { describe, expect, test } from 'vitest';
import {
  findMissingOptionals,
  isGatePlatform,
  parseLockfile,
  withMissingOptionals,
} from '../../../scripts/lint/lockfile.ts';

const lockfileWith = (optionals: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}) =>
  parseLockfile(
    JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': {},
        'node_modules/tool': { version: '1.0.0', dev: true, optionalDependencies: optionals },
        ...more,
      },
    }),
  );

describe('findMissingOptionals', () => {
  test('finds an optional package that no entry provides', () => {
    expect(findMissingOptionals(lockfileWith({ 'tool-darwin-arm64': '1.0.0' }))).toEqual([
      { name: 'tool-darwin-arm64', version: '1.0.0', neededBy: 'node_modules/tool' },
    ]);
  });

  test.each(['node_modules/dep', 'node_modules/tool/node_modules/dep'])('accepts one at %s', (path) => {
    expect(findMissingOptionals(lockfileWith({ dep: '1.0.0' }, { [path]: { version: '1.0.0' } }))).toEqual([]);
  });

  test('does not accept one that only another package sees', () => {
    const elsewhere = { 'node_modules/other/node_modules/dep': { version: '1.0.0' } };
    expect(findMissingOptionals(lockfileWith({ dep: '1.0.0' }, elsewhere))).toHaveLength(1);
  });
});

describe('withMissingOptionals', () => {
  test.each([
    ['tool-darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
    ['@scope/tool-win32-x64-msvc', { os: ['win32'], cpu: ['x64'] }],
    ['tool-linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['tool-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'] }],
    ['tool-wasm32-wasi', { cpu: ['wasm32'] }],
  ])('adds %s for its platform only', (name, platform) => {
    const completed = withMissingOptionals(lockfileWith({ [name]: '1.0.0' }));
    expect(completed.packages[`node_modules/${name}`]).toEqual({
      version: '1.0.0',
      ...platform,
      dev: true,
      optional: true,
    });
    expect(findMissingOptionals(completed)).toEqual([]);
  });

  test.each([
    ['a platform of the gate', 'tool-linux-x64', '1.0.0'],
    ['another platform of the gate', 'tool-linux-arm64-gnu', '1.0.0'],
    ['a package for every platform', 'fsevents', '1.0.0'],
    ['a range of versions', 'tool-darwin-arm64', '^1.0.0'],
    ['an address', 'tool-darwin-arm64', 'https://example.com/a.tgz'],
  ])('refuses %s', (_name, name, version) => {
    expect(() => withMissingOptionals(lockfileWith({ [name]: version }))).toThrow(
      /expected one version for another platform/u,
    );
  });
});

test.each([
  ['no limits', {}, true],
  ['linux on x64', { os: ['linux'], cpu: ['x64'] }, true],
  ['a system as text', { os: 'linux', cpu: 'arm64' }, true],
  ['musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }, false],
  ['darwin', { os: ['darwin'], cpu: ['arm64'] }, false],
])('the gate may run on an entry with %s: %s', (_name, entry, expected) => {
  expect(isGatePlatform(entry)).toBe(expected);
});
