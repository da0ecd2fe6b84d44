/**
 * Finds in a text what must not be committed: absolute paths of someone's machine, hosts of package registries, and
 * strings shaped like secrets. It reports kind and line, never the text, so that its own output leaks nothing.
 */
export type Leak = { readonly line: number; readonly kind: 'machine path' | 'registry host' | 'secret' };

/** Character classes such as `[r]` keep this file from matching itself. */
const shapes: readonly (readonly [Leak['kind'], RegExp])[] = [
  // Someone's home, or a checkout at the top of the file system; a relative path such as ./work/main is none.
  [
    'machine path',
    /(?<![\w.~-])\/(?:[h]ome\/[\w-]+|[r]oot\/[\w.-]+|[U]sers\/[\w-]+|[w]ork\/(?:main|shared))(?![\w-])/u,
  ],
  ['machine path', /[A-Z]:\\[U]sers\\/u],
  [
    'registry host',
    /\bregistry\.(?:[n]pmjs|[y]arnpkg)\b|\b[p]ypi\.org\b|\bfiles\.[p]ythonhosted\b|\bproxy\.[g]olang\b/u,
  ],
  ['secret', /-----BEGIN (?:[A-Z]+ )*[P]RIVATE KEY-----/u],
  ['secret', /\b[A](?:K|S)IA[0-9A-Z]{16}\b/u],
  ['secret', /\b[s]k-(?:proj-|ant-|live-)?[A-Za-z0-9_-]{20,}/u],
  ['secret', /\b[g](?:h[opusr]_[A-Za-z0-9]{36}|ithub_pat_[A-Za-z0-9_]{22,})/u],
  ['secret', /\b[x]ox[abeprs]-[A-Za-z0-9-]{10,}/u],
  ['secret', /\b[e]yJ[A-Za-z0-9_-]{8,}\.[e]yJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}/u],
];

/** @returns at most one leak of each kind and line; lines are 1-based */
export function findLeaks(text: string): readonly Leak[] {
  return text.split('\n').flatMap((content, index) => {
    const kinds = new Set(shapes.filter(([, shape]) => shape.test(content)).map(([kind]) => kind));
    return [...kinds].map((kind) => ({ line: index + 1, kind }));
  });
}
