/**
 * Where single programs keep passwords, keys and what stands for a login: `secret-places.yaml`, made into `secret-places.json`
 * by `npm run tables`. A name says where secrets usually are; what is called otherwise may hold some, too.
 */
import table from './secret-places.json' with { type: 'json' };

/** They only show what is to be filled in. */
const examples = new Set(['example.env', 'sample.env', 'template.env', 'default.env']);
const isPattern = (name: string): boolean => /[*?]/u.test(name);
const isPath = (name: string): boolean => name.includes('/');
const names = new Set(table.files.filter((name) => !isPattern(name) && !isPath(name)));
const patterns = table.files.filter(isPattern);
/** What may begin with anything is looked for where it stands: `.*` in front of each would be a look at all of a name for each. */
const ends = patterns.flatMap((name) => (name.startsWith('*') ? name.slice(1) : []));
const fitting = new RegExp(`(?:^(?:${anyOf(patterns.filter((name) => !name.startsWith('*')))})|${anyOf(ends)})$`, 'u');
/** Ends of paths, and whole ones, by their last names. */
const paths = new Map<string, string[]>();
for (const path of table.files.filter(isPath)) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  paths.set(name, [...(paths.get(name) ?? []), path]);
}
const folders = new RegExp(
  `(?:^|/)(?:${anyOf(table.below.filter((name) => !name.startsWith('/')))})/|^(?:${anyOf(table.below.filter((name) => name.startsWith('/')))})/`,
  'u',
);

/** No system has a longer one, and a hostile text may be made of beginnings. */
const longestName = 255;

/** A path of each kind, for patterns that may meet one. */
export const samplesOfPrograms: readonly string[] = table.files.map((name) =>
  (name.startsWith('/') ? name : `/root/${name}`).replaceAll(/[*?]/gu, 'x'),
);

/** @param path plain, in small letters */
export function isKeptByPrograms(path: string): boolean {
  const name = nameIn(path);
  if (names.has(name) || (name.length <= longestName && fitting.test(name) && !examples.has(name))) return true;
  return (
    folders.test(path) || paths.get(path.slice(path.lastIndexOf('/') + 1))?.some((one) => endsIn(path, one)) === true
  );
}

const [slash, colon, equals] = [47, 58, 61];

/** Behind the last `/`, `:` or `=`. */
function nameIn(path: string): string {
  let at = path.length;
  for (; at > 0; at -= 1) {
    const code = path.charCodeAt(at - 1);
    if (code === slash || code === colon || code === equals) break;
  }
  return path.slice(at);
}

function endsIn(path: string, end: string): boolean {
  if (!path.endsWith(end)) return false;
  const before = path[path.length - end.length - 1];
  return before === undefined || (!end.startsWith('/') && '/:='.includes(before));
}

function anyOf(all: readonly string[]): string {
  return all
    .map((name) =>
      name
        .replaceAll(/[.+^${}()|[\]\\/]/gu, String.raw`\$&`)
        .replaceAll('*', '.*')
        .replaceAll('?', '.'),
    )
    .join('|');
}
