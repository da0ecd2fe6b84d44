/** What guards cost: tool output of several sizes through all text guards, and scripts through the shell classifier. */
import { checkInput, classifyShell, findInjection, redactSecrets } from '../../../guards/index.ts';
import { interleave, millisecondsPerCall } from '../../parts/interleave.ts';
import { summarise, summariseRatio } from '../../parts/statistics.ts';
import type { Measurement } from '../../parts/suite.ts';

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;
const line = '2026-03-04T05:06:07Z app[17] INFO handled GET /orders/4711 in 12 ms, user=anna status=200 id=8f14e45f\n';
const output = (bytes: number): string => line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
const commands = [
  'git status --short',
  'find . -name "*.ts" -newer package.json | xargs wc -l | sort -n',
  "awk -F: '$3 >= 1000 {print $1}' /etc/passwd",
  'kubectl -n prod get pods -o wide',
  'for f in src/*.ts; do grep -n TODO "$f"; done',
];
const script = Array.from({ length: 50 }, (_, at) => commands[at % commands.length]).join('\n');

async function allGuards(text: string): Promise<void> {
  checkInput(text, { maximumBytes: 8 * megabyte });
  findInjection((await redactSecrets(text)).text);
}

export async function measureSpeed(rounds: number): Promise<Measurement[]> {
  const texts = {
    small: output(10 * kilobyte),
    one: output(megabyte),
    two: output(2 * megabyte),
    four: output(4 * megabyte),
  };
  const times = await interleave(
    {
      small: async () => await millisecondsPerCall(50, async () => await allGuards(texts.small)),
      one: async () => await millisecondsPerCall(1, async () => await allGuards(texts.one)),
      two: async () => await millisecondsPerCall(1, async () => await allGuards(texts.two)),
      four: async () => await millisecondsPerCall(1, async () => await allGuards(texts.four)),
      script: async () => await millisecondsPerCall(200, () => classifyShell(script)),
    },
    rounds,
  );
  const half = (list: readonly number[], by: number): number[] => list.map((one) => one / by);
  return [
    { id: 'speed/output-10KiB', unit: 'ms', better: 'lower', kind: 'absolute', target: 1, ...summarise(times.small) },
    { id: 'speed/output-1MiB', unit: 'ms', better: 'lower', kind: 'absolute', target: 50, ...summarise(times.one) },
    {
      id: 'speed/linear-2-to-1',
      unit: 'x',
      better: 'lower',
      kind: 'ratio',
      target: 1.1,
      ...summariseRatio(half(times.two, 2), times.one),
    },
    {
      id: 'speed/linear-4-to-1',
      unit: 'x',
      better: 'lower',
      kind: 'ratio',
      target: 1.1,
      ...summariseRatio(half(times.four, 4), times.one),
    },
    {
      id: 'speed/script-50-commands',
      unit: 'ms',
      better: 'lower',
      kind: 'absolute',
      target: 1,
      ...summarise(times.script),
    },
  ];
}
