/**
 * Where single programs keep passwords, keys and what stands for a login: `secret-places.yaml`, made into `secret-places.json`
 * by `npm run tables`. A name says where secrets usually are; what is called otherwise may hold some, too.
 */
import table from './secret-places.json' with { type: 'json' };

/** They only show what is to be filled in. */
const examples = String.raw`(?!(?:example|sample|template|default)\.env$)`;
const absolute = placesOf((name) => name.startsWith('/'));
const relative = placesOf((name) => !name.startsWith('/'));
const places = new RegExp(
  `(?:^|[/:=])${examples}(?:${any(relative.files)})$|(?:^|/)(?:${any(relative.below)})/|^(?:${any(absolute.files)})$|^(?:${any(absolute.below)})/`,
  'u',
);

/** @param path plain, in small letters */
export function isKeptByPrograms(path: string): boolean {
  return places.test(path);
}

function placesOf(isOf: (name: string) => boolean): { files: readonly string[]; below: readonly string[] } {
  return { files: table.files.filter(isOf), below: table.below.filter(isOf) };
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
