/**
 * Makes the TypeScript of a pack ES modules, whatever the `package.json` above it says: `npm init -y` writes
 * `"type": "commonjs"`, under which a pack's `import` would be a syntax error. It changes nothing outside the named folders.
 */
import nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';

/** As URLs that end with a slash. */
const folders = new Set<string>();

export function loadAsModules(folder: string): void {
  if (folders.size === 0) register();
  folders.add(`${pathToFileURL(folder).href}/`);
}

/** Hooks stay for the life of the process, so there is one for all packs. */
function register(): void {
  // Not imported by name: Node.js 20 has none, and the library would not even load there.
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const ours = found.format === 'commonjs-typescript' && [...folders].some((url) => found.url.startsWith(url));
      return ours ? { ...found, format: 'module-typescript' } : found;
    },
  });
}
