/**
 * Where the time of a `--cpu-prof` profile went: by folder of ours or package, and by function. Inclusive time counts a
 * function once however often it stands on a stack.
 *
 *   node --cpu-prof --cpu-prof-dir=/tmp/prof --conditions=countersign-source bench/run.ts overhead --only loop-read/c8
 *   node bench/read-profile.ts /tmp/prof/*.cpuprofile
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { tableLines } from './parts/report.ts';

const profileSchema = z.looseObject({
  nodes: z.array(
    z.looseObject({
      id: z.number(),
      callFrame: z.looseObject({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
type Profile = z.output<typeof profileSchema>;

const shown = 40;
/** An expression is shown as it is written, and one may be as long as a page. */
const longestName = 100;
const root = new URL('..', import.meta.url).href;

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('Cannot read a profile: none was named, expected paths of .cpuprofile files');
  process.exitCode = 2;
}
for (const file of files) print(file, profileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));

function print(file: string, profile: Profile): void {
  const own = ownMs(profile);
  const total = [...own.values()].reduce((sum, ms) => sum + ms, 0);
  const { places, functions, inclusive } = sums(profile, own);
  console.log(`\n${file}: ${Math.round(total)} ms sampled`);
  for (const [title, times] of [
    ['self, by place', places],
    ['self, by function', functions],
    ['inclusive, by function', inclusive],
  ] as const) {
    const rows = [...times].toSorted(([, left], [, right]) => right - left).slice(0, shown);
    const lines = rows.map(([name, ms]) => [
      name.slice(0, longestName),
      String(Math.round(ms)),
      `${((ms / total) * 100).toFixed(1)}%`,
    ]);
    console.log(`\n${tableLines([[title, 'ms', ''], ...lines]).join('\n')}`);
  }
}

function ownMs({ samples, timeDeltas }: Profile): Map<number, number> {
  const own = new Map<number, number>();
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  return own;
}

function sums({ nodes }: Profile, own: ReadonlyMap<number, number>) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  const inclusive = new Map<string, number>();
  const add = (times: Map<string, number>, name: string, ms: number) => times.set(name, (times.get(name) ?? 0) + ms);
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const node = byId.get(id);
    if (!node) return 0;
    const { functionName, url, lineNumber } = node.callFrame;
    const place = placeOf(functionName, url);
    const name = `${functionName || '(anonymous)'} ${url === '' ? '' : `${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`}`;
    const self = own.get(id) ?? 0;
    add(places, place, self);
    add(functions, name, self);
    const within = new Set(above).add(name);
    const below = (node.children ?? []).reduce((sum, child) => sum + visit(child, within), 0);
    if (!above.has(name)) add(inclusive, name, self + below);
    return self + below;
  };
  const children = new Set(nodes.flatMap((node) => node.children ?? []));
  for (const { id } of nodes) if (!children.has(id)) visit(id, new Set());
  return { places, functions, inclusive };
}

function placeOf(functionName: string, url: string): string {
  if (url === '') return functionName;
  const inPackage = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (inPackage) return inPackage;
  if (url.startsWith('node:')) return 'node';
  return url.startsWith(root) ? url.slice(root.length).split('/').slice(0, 1).join('/') : url;
}
