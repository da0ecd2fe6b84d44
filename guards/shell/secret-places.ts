/**
 * Where single programs keep passwords, keys and what stands for a login: `secret-places.yaml`, made into `secret-places.json`
 * by `npm run tables`. A name says where secrets usually are; what is called otherwise may hold some, too.
 */
import table from './secret-places.json' with { type: 'json' };

/** They only show what is to be filled in. */
const examples = String.raw`(?!(?:example|sample|template|default)\.env$)`;
const [absolute, relative] = [true, false].map((isAbsolute) => ({
  files: table.files.filter((name) => name.startsWith('/') === isAbsolute),
  below: table.below.filter((name) => name.startsWith('/') === isAbsolute),
})) as [Places, Places];
const places = new RegExp(
  `(?:^|[/:=])${examples}(?:${any(relative.files)})$|(?:^|/)(?:${any(relative.below)})/|^(?:${any(absolute.files)})$|^(?:${any(absolute.below)})/`,
  'u',
);

interface Places {
  readonly files: readonly string[];
  readonly below: readonly string[];
}

/** @param path plain, in small letters */
export function isKeptByPrograms(path: string): boolean {
  return places.test(path);
}

function any(names: readonly string[]): string {
  return names
    .map((name) =>
      name
        .replaceAll(/[.+^${}()|[\]\\/]/gu, String.raw`\$&`)
        .replaceAll('*', '[^/:=]*')
        .replaceAll('?', '[^/:=]'),
    )
    .join('|');
}
