/**
 * Reads package-lock.json and finds what `npm ci` would refuse: optional packages of other platforms that the lockfile
 * does not list, because the registry at hand did not have them when it was written. It can add them by name and version,
 * for a platform read from the name; never for a platform on which the gate runs, which must be bound by a digest.
 */
import { z } from 'zod';

const platformSchema = z.union([z.string(), z.array(z.string())]);
const entrySchema = z.looseObject({
  version: z.string().optional(),
  integrity: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  optional: z.boolean().optional(),
  dev: z.boolean().optional(),
  os: platformSchema.optional(),
  cpu: platformSchema.optional(),
  libc: platformSchema.optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
const lockfileSchema = z.looseObject({ packages: z.record(z.string(), entrySchema) });

export type LockEntry = z.infer<typeof entrySchema>;
export type Lockfile = z.infer<typeof lockfileSchema>;

export type MissingOptional = { readonly name: string; readonly version: string; readonly neededBy: string };

export function parseLockfile(text: string): Lockfile {
  const data: unknown = JSON.parse(text);
  // Checked, not converted: a schema's copy would have another order of keys, and every line of the file would change.
  if (!isLockfile(data))
    throw new Error('Cannot read the lockfile: unknown shape, expected lockfile version 3; run npm install');
  return data;
}

function isLockfile(data: unknown): data is Lockfile {
  return lockfileSchema.safeParse(data).success;
}

/** Optional packages that some package names and no entry provides; `npm ci` refuses the lockfile while there is one. */
export function findMissingOptionals(lockfile: Lockfile): readonly MissingOptional[] {
  return Object.entries(lockfile.packages).flatMap(([neededBy, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !isProvided(lockfile, neededBy, name))
      .map(([name, version]) => ({ name, version, neededBy })),
  );
}

/** @throws when a missing package is for a platform of the gate, or its platform or version cannot be read */
export function withMissingOptionals(lockfile: Lockfile): Lockfile {
  const added = findMissingOptionals(lockfile).map(({ name, version, neededBy }): [string, LockEntry] => {
    const platform = platformOf(name);
    if (!platform || !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(version) || isGatePlatform(platform)) {
      throw new Error(
        `Cannot add "${name}" to the lockfile: ${version}, expected one version for another platform; run npm install`,
      );
    }
    const dev = lockfile.packages[neededBy]?.dev === true ? { dev: true } : {};
    // npm's own order of keys, so that its next run changes nothing.
    const { os, cpu, libc } = platform;
    const entry = { version, cpu, ...dev, ...(libc ? { libc } : {}), optional: true, ...(os ? { os } : {}) };
    return [`node_modules/${name}`, entry];
  });
  const packages = Object.entries({ ...lockfile.packages, ...Object.fromEntries(added) });
  return { ...lockfile, packages: Object.fromEntries(packages.toSorted(([a], [b]) => a.localeCompare(b, 'en'))) };
}

/** Whether npm would install the entry where `.ci/run` runs: Debian, so glibc, on x64 or arm64. */
export function isGatePlatform({ os, cpu, libc }: Pick<LockEntry, 'os' | 'cpu' | 'libc'>): boolean {
  const takes = (list: string | readonly string[] | undefined, value: string): boolean =>
    list === undefined || [list].flat().includes(value);
  return takes(os, 'linux') && takes(libc, 'glibc') && (takes(cpu, 'x64') || takes(cpu, 'arm64'));
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

function platformOf(name: string): { os?: string[]; cpu: string[]; libc?: string[] } | undefined {
  const parts = name.split(/[/-]/u);
  const os = systems.find((system) => parts.includes(system));
  const cpu = processors.find((processor) => parts.includes(processor));
  if (!cpu || (!os && cpu !== 'wasm32')) return undefined;
  const isMusl = parts.some((part) => part.startsWith('musl'));
  return { ...(os ? { os: [os] } : {}), cpu: [cpu], ...(isMusl ? { libc: ['musl'] } : {}) };
}

/** As Node resolves it: in the package's own node_modules, else in that of each folder above. */
function isProvided(lockfile: Lockfile, neededBy: string, name: string): boolean {
  for (let folder = neededBy; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (`${folder}${folder === '' ? '' : '/'}node_modules/${name}` in lockfile.packages) return true;
    if (folder === '') return false;
  }
}
