/**
 * Loads an agent pack that lies anywhere: beside a project that has Countersign installed, or in a folder of its own where
 * nothing is. `countersign` is then always this very program, so that tools and worker share one copy; `zod` is the pack's
 * own where it has one, else this program's.
 */
import { registerHooks } from 'node:module';
import { type AgentPack, loadPack } from '../../packs/load-pack.ts';

const root = new URL('../../', import.meta.url).href;
const lent = ['zod'];
let lending = false;

/** @throws {CountersignError} `pack-invalid` */
export async function loadPackFolder(folder: string): Promise<AgentPack> {
  lendPackages();
  return await loadPack(folder);
}

/** Once per process: hooks stay. They answer for code outside this program only. */
function lendPackages(): void {
  if (lending) return;
  lending = true;
  registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context;
      const ours = { ...context, parentURL: import.meta.url };
      if (parentURL === undefined || parentURL.startsWith(root)) return next(specifier, context);
      if (specifier === 'countersign') return next(specifier, ours);
      try {
        return next(specifier, context);
      } catch (error) {
        if (lent.includes(specifier) && isMissing(error)) return next(specifier, ours);
        throw error;
      }
    },
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
