/**
 * What guards cost, in processor time: tool output of several sizes through all text guards, hostile texts, and scripts
 * through the shell classifier. Each cost is also a ratio to a plain loop over the same text, which a busy machine slows alike.
 */
import { checkInput, classifyShell, findInjection, redactSecrets } from '../../../guards/index.ts';
import { interleave } from '../../parts/interleave.ts';
import { summarise, summariseRatio } from '../../parts/statistics.ts';
import type { Measurement } from '../../parts/suite.ts';
import { flat, hostileScripts, hostileTexts, megabyte } from './hostile-texts.ts';

const kilobyte = 1024;
const lines = [
  '2026-03-04T05:06:07Z app[17] INFO handled GET /orders/4711 in 12 ms, user=anna status=200 id=8f14e45f',
  '{"time":1772600767,"level":"warn","host":"web-3","message":"retried after a timeout","attempt":2,"trace":"0f8b9c6e-5d3a-4c21"}',
  'The service keeps orders for ninety days. After that they are moved to the archive, and the customer is told by e-mail.',
  'drwxr-xr-x  7 anna staff   224 Mar  4 05:06 node_modules',
  'error TS2769: No overload matches this call at src/orders/place-order.ts:54:63, see https://example.com/errors/2769',
];
const page = `${lines.join('\n')}\n`;
const output = (bytes: number): string => flat(page.repeat(Math.ceil(bytes / page.length)).slice(0, bytes));
const commands = [
  'git status --short',
  'find . -name "*.ts" -newer package.json | xargs wc -l | sort -n',
  "awk -F: '$3 >= 1000 {print $1}' /etc/passwd",
  'kubectl -n prod get pods -o wide',
  'for f in src/*.ts; do grep -n TODO "$f"; done',
];
const script = Array.from({ length: 50 }, (_, at) => commands[at % commands.length]).join('\n');
let calls = 0;
/** Texts that were found clean are remembered: each call gets one that was not seen, made before the clock starts. */
async function timeOfGuards(times: number, text: string): Promise<number> {
  const fresh = Array.from({ length: times }, () => flat(`${(calls += 1)} ${text}`));
  return await processorTime(times, async (index) => await allGuards(fresh[index] ?? ''));
}

async function allGuards(text: string): Promise<void> {
  checkInput(text, { maximumBytes: 8 * megabyte });
  findInjection((await redactSecrets(text)).text);
}

function plainLoop(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum += text.charCodeAt(at);
  return sum;
}

/**
 * Milliseconds of processor time of one call, of the thread that makes it: what a caller waits for where nobody else computes.
 * Those that collect garbage and compile beside it swing more than what is measured.
 */
async function processorTime(times: number, call: (index: number) => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  for (let index = 0; index < times; index += 1) await call(index);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / times;
}

export async function measureSpeed(rounds: number): Promise<Measurement[]> {
  const texts = {
    small: output(10 * kilobyte),
    one: output(megabyte),
    two: output(2 * megabyte),
    four: output(4 * megabyte),
  };
  const variants: Record<string, () => Promise<number>> = {
    loop: async () => await processorTime(20, () => plainLoop(texts.one)),
    small: async () => await timeOfGuards(50, texts.small),
    one: async () => await timeOfGuards(4, texts.one),
    two: async () => await timeOfGuards(2, texts.two),
    four: async () => await timeOfGuards(1, texts.four),
    script: async () => await processorTime(100, () => classifyShell(script)),
  };
  for (const [name, text] of Object.entries(hostileTexts))
    variants[`text ${name}`] = async () => await timeOfGuards(1, text);
  for (const [name, text] of Object.entries(hostileScripts))
    variants[`script ${name}`] = async () => await processorTime(20, () => classifyShell(text));
  const times = await interleave(variants, rounds, 2);
  const list = (name: string): number[] => times[name] ?? [];
  const per = (name: string, by: number): number[] => list(name).map((one) => one / by);
  const cost = (id: string, name: string, target: number): Measurement => ({
    id: `speed/${id}`,
    unit: 'ms',
    better: 'lower',
    kind: 'absolute',
    target,
    ...summarise(list(name)),
  });
  const ratio = (id: string, above: number[], below: number[], target?: number): Measurement => ({
    id: `speed/${id}`,
    unit: 'x',
    better: 'lower',
    kind: 'ratio',
    ...(target === undefined ? {} : { target }),
    ...summariseRatio(above, below),
  });
  return [
    cost('output-10KiB', 'small', 1),
    cost('output-1MiB', 'one', 50),
    ratio('output-1MiB-to-plain-loop', list('one'), list('loop')),
    ratio('linear-2-to-1', per('two', 2), list('one'), 1.1),
    ratio('linear-4-to-1', per('four', 4), list('one'), 1.1),
    cost('script-50-commands', 'script', 1),
    ...Object.keys(hostileScripts).map((name) => cost(`script-${name}`, `script ${name}`, 50)),
    ...Object.keys(hostileTexts).map((name) => cost(`hostile-1MiB-${name}`, `text ${name}`, 50)),
  ];
}
