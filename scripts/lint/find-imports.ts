/**
 * Lists every way a module loads another one: import and export declarations, `import()`, `import()` types, `require` and
 * `getBuiltinModule`. `import.meta.resolve` only names a path and is not listed. Parsed, never matched by text, so that a comment cannot hide an import
 * and a string cannot fake one.
 */
import { parseSync } from 'oxc-parser';

/** One reference to a module. `specifier` is undefined when it is computed at run time. */
export type FoundImport = {
  readonly specifier: string | undefined;
  readonly strength: 'value' | 'type';
  /** 1-based */
  readonly line: number;
};

type Node = { readonly type: string; readonly start: number; readonly [key: string]: unknown };

/** @throws when the source does not parse: an unread file is not a clean file */
export function findImports(file: string, source: string): readonly FoundImport[] {
  const parsed = parseSync(file, source);
  const fault = parsed.errors.find((error) => error.severity === 'Error');
  if (fault) throw new Error(`Cannot check the imports of "${file}": ${fault.message}, expected a file that parses`);

  const found: FoundImport[] = [];
  visit(parsed.program, (node) => {
    const reference = referenceOf(node);
    if (reference) found.push({ ...reference, line: source.slice(0, node.start).split('\n').length });
  });
  return found;
}

function referenceOf(node: Node): Omit<FoundImport, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      // `import { type A }` keeps the import itself under verbatimModuleSyntax, so only `import type` counts as a type.
      return { specifier: literal(node['source']), strength: node['importKind'] === 'type' ? 'type' : 'value' };
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (!node['source']) return undefined;
      return { specifier: literal(node['source']), strength: node['exportKind'] === 'type' ? 'type' : 'value' };
    case 'TSImportType':
      return { specifier: literal(node['source'] ?? node['argument']), strength: 'type' };
    case 'ImportExpression':
      return { specifier: literal(node['source']), strength: 'value' };
    case 'TSExternalModuleReference':
      return { specifier: literal(node['expression']), strength: 'value' };
    case 'CallExpression':
      return loadsModule(node) ? { specifier: literal(firstArgument(node)), strength: 'value' } : undefined;
    default:
      return undefined;
  }
}

/** `require(…)` and `process.getBuiltinModule(…)`; a `require` made by `createRequire` is stopped at node:module. */
function loadsModule(call: Node): boolean {
  const callee = call['callee'];
  if (!isNode(callee)) return false;
  if (callee.type === 'Identifier') return callee['name'] === 'require' || callee['name'] === 'getBuiltinModule';
  const property = callee['property'];
  return isNode(property) && (property['name'] ?? property['value']) === 'getBuiltinModule';
}

function firstArgument(call: Node): unknown {
  const list = call['arguments'];
  return Array.isArray(list) ? (list[0] as unknown) : undefined;
}

function literal(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'TSLiteralType') return literal(value['literal']);
  if (value.type === 'Literal' && typeof value['value'] === 'string') return value['value'];
  if (value.type !== 'TemplateLiteral') return undefined;
  const quasis = value['quasis'];
  if (!Array.isArray(quasis) || quasis.length !== 1) return undefined;
  const cooked = (quasis[0] as { value?: { cooked?: unknown } }).value?.cooked;
  return typeof cooked === 'string' ? cooked : undefined;
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see);
  } else if (isNode(value)) {
    see(value);
    for (const child of Object.values(value)) if (typeof child === 'object') visit(child, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
