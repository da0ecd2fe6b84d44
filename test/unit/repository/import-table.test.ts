/** The import table of ARCHITECTURE.md is enforced: a violation of each kind is named, and each legal road stays open. */
import { describe, expect, test } from 'vitest';
import { findImports } from '../../../scripts/lint/find-imports.ts';
import { parseImportTable, readImportTable } from '../../../scripts/lint/import-table.ts';
import { judgeImport } from '../../../scripts/lint/judge-import.ts';

const table = readImportTable();

function judge(file: string, source: string): readonly string[] {
  return findImports(file, source).flatMap((found) => judgeImport(table, file, found) ?? []);
}

describe('import table', () => {
  test.each([
    ['core imports policy', 'core/a.ts', `import { a } from '../policy/b.ts';`, 'core may not import policy/'],
    [
      'core imports policy as a type',
      'core/a.ts',
      `import type { A } from '../policy/b.ts';`,
      'core may not import policy/',
    ],
    [
      'core imports Node',
      'core/a.ts',
      `import { hash } from 'node:crypto';`,
      `core may not import Node's "node:crypto"`,
    ],
    ['core imports Node without prefix', 'core/a.ts', `import fs from 'fs';`, `core may not import Node's "fs"`],
    ['core imports a Node type', 'core/a.ts', `import type { Stats } from 'node:fs';`, `core may not import Node's`],
    [
      'core imports Temporal',
      'core/a.ts',
      `import { sleep } from '@temporalio/workflow';`,
      'the package @temporalio/workflow',
    ],
    [
      'core loads a computed path',
      'core/a.ts',
      `await import(path);`,
      'core may not load a module whose path is computed',
    ],
    [
      'core reaches Node by getBuiltinModule',
      'core/a.ts',
      `process.getBuiltinModule('fs');`,
      `core may not import Node's "fs"`,
    ],
    ['core requires Node', 'core/a.ts', `const fs = require('node:fs');`, `core may not import Node's "node:fs"`],
    ['policy imports guards', 'policy/a.ts', `import '../guards/b.ts';`, 'policy may not import guards/'],
    [
      'policy does I/O',
      'policy/a.ts',
      `import { readFileSync } from 'node:fs';`,
      `policy may not import Node's "node:fs"`,
    ],
    ['guards import tools', 'guards/shell/a.ts', `import '../../tools/b.ts';`, 'guards may not import tools/'],
    ['guards do I/O', 'guards/shell/a.ts', `import 'node:child_process';`, `guards may not import Node's`],
    [
      'workflows import activities for real',
      'workflows/a.ts',
      `import { a } from '../activities/b.ts';`,
      'only by "import type"',
    ],
    [
      'workflows import activities half as a type',
      'workflows/a.ts',
      `import { type A } from '../activities/b.ts';`,
      'only by "import type"',
    ],
    [
      'workflows re-export activities',
      'workflows/a.ts',
      `export * from '../activities/b.ts';`,
      'only by "import type"',
    ],
    ['workflows import Node', 'workflows/a.ts', `import 'node:fs';`, `workflows may not import Node's`],
    [
      'workflows import the worker package',
      'workflows/a.ts',
      `import '@temporalio/worker';`,
      'the package @temporalio/worker',
    ],
    ['workflows import keys', 'workflows/a.ts', `import '../keys/a.ts';`, 'workflows may not import keys/'],
    ['store imports policy', 'store/a.ts', `import '../policy/a.ts';`, 'store may not import policy/'],
    ['tools import the store', 'tools/a.ts', `import '../store/a.ts';`, 'tools may not import store/'],
    ['tools import keys', 'tools/a.ts', `import '../keys/a.ts';`, 'tools may not import keys/'],
    [
      'activities import workflows',
      'activities/a.ts',
      `import '../workflows/messages.ts';`,
      'activities may not import workflows/',
    ],
    [
      'activities import workflow types',
      'activities/a.ts',
      `import type { A } from '../workflows/a.ts';`,
      'activities may not import workflows/',
    ],
    [
      'activities import the worker',
      'activities/a.ts',
      `import '../worker/main.ts';`,
      'activities may not import worker/',
    ],
    ['worker imports workflows', 'worker/a.ts', `import '../workflows/index.ts';`, 'worker may not import workflows/'],
    ['worker imports the gateway', 'worker/a.ts', `import '../gateway/a.ts';`, 'worker may not import gateway/'],
    ['client imports another workflow file', 'client/a.ts', `import '../workflows/gate.ts';`, 'only by "import type"'],
    ['client imports the store', 'client/a.ts', `import '../store/a.ts';`, 'client may not import store/'],
    [
      'gateway imports activities',
      'gateway/a.ts',
      `import '../activities/a.ts';`,
      'gateway may not import activities/',
    ],
    ['gateway imports tools', 'gateway/a.ts', `import '../tools/a.ts';`, 'gateway may not import tools/'],
    ['audit imports activities', 'audit/a.ts', `import '../activities/a.ts';`, 'audit may not import activities/'],
    ['engine imports the store', 'engine/a.ts', `import '../store/a.ts';`, 'engine may not import store/'],
    ['keys import the store', 'keys/a.ts', `import '../store/a.ts';`, 'keys may not import store/'],
    [
      'ui imports core for real',
      'ui/a.tsx',
      `import { a } from '../core/a.ts';`,
      'ui may import core/ only by "import type"',
    ],
    [
      'an agent pack goes round the public door',
      'agents/ops/tools.ts',
      `import '../../tools/a.ts';`,
      'agents may not import tools/',
    ],
    ['a product folder imports a test', 'core/a.ts', `import '../test/helpers.ts';`, 'nothing imports test/'],
    ['a product folder imports a script', 'cli/a.ts', `import '../scripts/demo.ts';`, 'nothing imports scripts/'],
    [
      'a folder with Node makes its own require',
      'store/a.ts',
      `import { createRequire } from 'node:module';`,
      'whose createRequire loads anything',
    ],
    ['a product folder imports itself by name', 'worker/a.ts', `import 'countersign';`, 'the package countersign'],
    ['an import leaves the repository', 'store/a.ts', `import '../../elsewhere/a.ts';`, 'leaves the repository'],
    ['a file in a folder without a row', 'misc/a.ts', `import 'zod';`, 'no row of scripts/lint/import-table.json'],
    ['an absolute path', 'cli/a.ts', `import '/etc/a.js';`, 'neither a relative path'],
    ['a data URL', 'cli/a.ts', `import 'data:text/javascript,1';`, 'neither a relative path'],
    ['a Node built-in without prefix where Node is allowed', 'store/a.ts', `import 'fs';`, 'write "node:fs"'],
    ['a package nobody listed', 'store/a.ts', `import 'left-pad';`, 'the package left-pad'],
    ['a package of a listed scope', 'core/a.ts', `import '@noble/curves/ed25519';`, 'the package @noble/curves'],
  ])('refuses: %s', (_name, file, source, reason) => {
    const reasons = judge(file, source);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain(reason);
  });

  test.each([
    ['core/contracts/a.ts', `import { z } from 'zod'; import { b } from '../errors.ts';`],
    ['core/digest.ts', `import { sha256 } from '@noble/hashes/sha2.js';`],
    ['workflows/a.ts', `import type { A } from '../activities/b.ts'; import { sleep } from '@temporalio/workflow';`],
    [
      'client/a.ts',
      `import { vote } from '../workflows/messages.ts'; import type { A } from '../workflows/agent-run.ts';`,
    ],
    ['tools/a.ts', `import { check } from '../guards/index.ts'; import 'node:fs';`],
    ['cli/a.ts', `import { a } from '../worker/main.ts'; import { b } from '../gateway/main.ts';`],
    ['agents/ops/tools.ts', `import { defineTool } from 'countersign'; import { readFile } from 'node:fs/promises';`],
    ['ui/a.tsx', `import type { A } from '../core/a.ts';`],
    ['test/unit/a.test.ts', `import '../../core/a.ts'; import { test } from 'vitest'; import '../helpers.ts';`],
    ['keys/a.ts', `import { sign } from 'node:crypto'; import { a } from '../core/a.ts';`],
  ])('allows what the table gives %s', (file, source) => {
    expect(judge(file, source)).toEqual([]);
  });

  test('refuses a table with an unknown key', () => {
    expect(() => parseImportTable({ core: { everything: true } })).toThrow(/everything/u);
  });

  test('has a row for every folder of the layout', () => {
    const layout =
      'core policy guards workflows activities tools store audit worker client gateway cli ui agents engine keys bin';
    for (const folder of layout.split(' ')) expect(table.has(folder), folder).toBe(true);
  });
});
