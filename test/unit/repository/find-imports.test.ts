/** Every way to name a module is found, so that none is a way round the import table. */
import { describe, expect, test } from 'vitest';
import { findImports } from '../../../scripts/lint/find-imports.ts';

describe('findImports', () => {
  test.each([
    ['a named import', `import { a } from 'x';`, 'value'],
    ['a default import', `import a from 'x';`, 'value'],
    ['a namespace import', `import * as a from 'x';`, 'value'],
    ['a bare import', `import 'x';`, 'value'],
    ['a type import', `import type { A } from 'x';`, 'type'],
    ['an inline type import, which still loads the module', `import { type A } from 'x';`, 'value'],
    ['a re-export', `export { a } from 'x';`, 'value'],
    ['a re-export of everything', `export * from 'x';`, 'value'],
    ['a type re-export', `export type { A } from 'x';`, 'type'],
    ['an import() type', `type A = import('x').A;`, 'type'],
    ['a dynamic import', `await import('x');`, 'value'],
    ['a dynamic import inside a function', 'const f = () => { if (1) { return import(`x`); } };', 'value'],
    ['a require', `const a = require('x');`, 'value'],
    ['getBuiltinModule', `process.getBuiltinModule('x');`, 'value'],
    ['getBuiltinModule by index', `process['getBuiltinModule']('x');`, 'value'],
  ])('finds %s', (_name, source, strength) => {
    expect(findImports('file.ts', source)).toEqual([{ specifier: 'x', strength, line: 1 }]);
  });

  test('reports a computed path as unknown', () => {
    expect(findImports('file.ts', 'const p = "x";\nawait import(p);')).toEqual([
      { specifier: undefined, strength: 'value', line: 2 },
    ]);
  });

  test('reports a template with a hole as unknown', () => {
    expect(findImports('file.ts', 'await import(`./${name}.ts`);')[0]?.specifier).toBeUndefined();
  });

  test('does not see imports in comments and strings', () => {
    expect(findImports('file.ts', `// import 'x'\nconst a = "import 'x'";\nexport const b = a;`)).toEqual([]);
  });

  test('throws on a file it cannot parse', () => {
    expect(() => findImports('file.ts', 'import {')).toThrow(/Cannot check the imports of "file.ts"/u);
  });
});
