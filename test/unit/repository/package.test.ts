/** What makes `npm ci` the same everywhere: exact versions, a lockfile bound by digests and to no address. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findMissingOptionals, isGatePlatform, parseLockfile } from '../../../scripts/lint/lockfile.ts';
import { repositoryRoot } from '../../../scripts/lint/repository-files.ts';

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');
const versionsSchema = z.record(z.string(), z.string()).default({});
const manifest = z
  .looseObject({
    version: z.string(),
    bin: versionsSchema,
    files: z.array(z.string()),
    scripts: versionsSchema,
    dependencies: versionsSchema,
    devDependencies: versionsSchema,
    optionalDependencies: versionsSchema,
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(JSON.parse(read('package.json')));
const lockfile = parseLockfile(read('package-lock.json'));

describe('package.json', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };

  test.each(Object.entries(all))('pins %s to one version', (_name, version) => {
    expect(version).toMatch(/^(?:npm:[@\w/.-]+@)?\d+\.\d+\.\d+(?:-[0-9a-z.]+)?$/u);
  });

  test('keeps protobufjs at the root, without which Temporal histories do not become JSON', () => {
    expect(manifest.dependencies['protobufjs']).toMatch(/^8\./u);
  });

  test('states for every package with an install script whether it runs', () => {
    const scripted = Object.entries(lockfile.packages).filter(([, entry]) => entry.hasInstallScript === true);
    for (const [path] of scripted) {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      expect(manifest.allowScripts, name).toHaveProperty([name]);
    }
  });

  test('runs no install script', () => {
    expect(Object.values(manifest.allowScripts)).not.toContain(true);
  });
});

describe('package-lock.json', () => {
  test('holds no download address', () => {
    expect(read('package-lock.json')).not.toMatch(
      /"resolved"|:\/\/(?!opencollective|github\.com|.*"funding)[^"]*\.tgz/u,
    );
  });

  test('lists every optional package of every platform, without which npm ci refuses it: npm run lockfile', () => {
    expect(findMissingOptionals(lockfile)).toEqual([]);
  });

  test('binds every package that can be installed where the gate runs to a digest', () => {
    const loose = Object.entries(lockfile.packages).filter(
      ([path, entry]) => path !== '' && !entry.integrity?.startsWith('sha512-'),
    );
    expect(loose.filter(([, entry]) => entry.optional !== true || isGatePlatform(entry)).map(([path]) => path)).toEqual(
      [],
    );
  });

  test('holds one version of each Temporal package', () => {
    const paths = Object.keys(lockfile.packages).filter((path) => path.includes('node_modules/@temporalio/'));
    expect(paths.filter((path) => path.indexOf('node_modules') !== path.lastIndexOf('node_modules'))).toEqual([]);
    const versions = paths.map((path) => lockfile.packages[path]?.version);
    expect(new Set(versions).size).toBe(1);
  });

  test('agrees with the project setting that keeps addresses out', () => {
    expect(read('.npmrc')).toMatch(/^omit-lockfile-registry-resolved=true$/mu);
  });
});

test('a history survives the way to JSON and back', () => {
  const source = {
    events: [
      {
        eventId: '1',
        eventTime: '2026-01-01T00:00:00Z',
        eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
        workflowExecutionStartedEventAttributes: {
          workflowType: { name: 'agent-run' },
          input: { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'MQ==' }] },
        },
      },
    ],
  };
  expect(JSON.parse(historyToJSON(historyFromJSON(source)))).toEqual(source);
});
