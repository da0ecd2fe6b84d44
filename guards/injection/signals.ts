/**
 * Single signals of a text that gives orders to the model, each with a weight: `signals*.yaml`, made into `signals.json` by
 * `npm run tables`. Expressions have bounded gaps, so hostile text costs no more than its length. None of them proves anything.
 */
import table from './signals.json' with { type: 'json' };

export interface InjectionSignal {
  rule: string;
  message: string;
  weight: number;
  /** Small letters: what the pattern begins with, so that it is tried only there. Absent: it begins with other than ASCII. */
  starts?: readonly string[];
  /** One class of units beyond ASCII, of which a text that it finds holds one: a quick no. Absent: not known. */
  holds?: RegExp;
  /** Flags `giu`. */
  pattern: RegExp;
}

export const injectionSignals: readonly InjectionSignal[] = table.signals.map(
  ({ pattern, starts, holds, ...signal }) => ({
    ...signal,
    ...(starts ? { starts } : {}),
    // Half of a pair is a unit, too.
    ...(holds === undefined ? {} : { holds: new RegExp(holds) }),
    pattern: new RegExp(pattern, 'giu'),
  }),
);

/** Words that come before a quoted example rather than before an order. */
export const mention = new RegExp(table.mention, 'iu');
