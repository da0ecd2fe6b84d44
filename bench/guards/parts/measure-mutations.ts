/** How often a harmful command becomes silent when it is written differently: every named mutation over every case of the tables. */
import { classifyShell } from '../../../guards/index.ts';
import { destructiveRows, mutated } from '../../../test/unit/guards/shell/harmful-cases.ts';
import type { Measurement } from '../../parts/suite.ts';
import { share } from './wilson.ts';

/** Beside it, over how many rows, and the fewest mutations that one of them got. */
export function measureMutations(): Measurement[] {
  let count = 0;
  let silent = 0;
  for (const { script } of mutated()) {
    count += 1;
    if (classifyShell(script).verdict === 'allow') silent += 1;
  }
  const fewest = Math.min(...destructiveRows.map(({ mutations }) => mutations));
  return [
    share('mutations/harmful/silent', silent, count, 'lower', 0),
    counted('mutations/destructive-rows', destructiveRows.length),
    counted('mutations/fewest-of-a-row', fewest, 30),
  ];
}

function counted(id: string, value: number, target?: number): Measurement {
  const figure = { value, low: value, high: value, samples: 1, ...(target === undefined ? {} : { target }) };
  return { id, unit: 'count', better: 'higher', kind: 'ratio', ...figure };
}
