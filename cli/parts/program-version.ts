/** The version of this program, from its manifest: of the source tree, or of the package around `dist/`. */
import { createRequire } from 'node:module';

export const programVersion = readVersion();
/** What decisions of this program are signed with. */
export const buildId = `countersign@${programVersion}`;

function readVersion(): string {
  const inSource = import.meta.url.endsWith('.ts');
  const manifest: unknown = createRequire(import.meta.url)(inSource ? '../../package.json' : '../../../package.json');
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known && typeof manifest.version === 'string' ? manifest.version : 'unknown';
}
