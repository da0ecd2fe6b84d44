/** The command line of `npm run campaign`: read once, refused with what was expected, never guessed. */
import { parseArgs } from 'node:util';
import type { Campaign } from '../../test/campaigns/campaign.ts';

export interface CampaignOptions {
  chosen: readonly Campaign[];
  seed: number;
  /** How many units of a campaign's full count. */
  countOf(campaign: Campaign): number;
  onlyCase: string | undefined;
  json: boolean;
  evidence: boolean;
}

export type ReadOptions = { kind: 'run'; options: CampaignOptions } | { kind: 'help' } | { kind: 'list' };

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const defaultSeed = 1;

export const help = `usage: npm run campaign -- [options]

Attacks and loads the whole product on Temporal servers of its own, and judges it from outside.
Tables go to standard output, progress to standard error. docs/campaigns.md says what each proves.

  --only <names>   these campaigns, separated by commas (default: all)
  --seed <n>       of every choice (default: ${defaultSeed})
  --count <n>      units of each campaign, instead of its full count
  --share <part>   of each full count, such as 0.1
  --case <id>      one case of one campaign, as a failure names it
  --json           one JSON document instead of tables
  --evidence       write each table into docs/evidence.md
  --list           the campaigns with their full counts
  --help           this

Exit code: 0 nothing failed, 1 something did, 2 wrong usage, 130 interrupted.

examples:
  npm run campaign                                              all of it, about 45 minutes on two cores
  npm run campaign -- --share 0.1                               what npm test runs
  npm run campaign -- --only schedules --seed 7 --count 50      other cases than usual
  npm run campaign -- --only schedules --seed 7 --count 50 --case 31
  npm run campaign -- --only crashes,zombie --evidence`;

/** @throws {UsageError} */
export function readOptions(argv: readonly string[], campaigns: readonly Campaign[]): ReadOptions {
  const values = parse(argv);
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  const chosen = values.only === undefined ? campaigns : values.only.split(',').map((name) => find(name, campaigns));
  if (values.count !== undefined && values.share !== undefined)
    throw new UsageError('Cannot use --count and --share together: expected one of them; leave one out');
  if (values.case !== undefined && chosen.length !== 1)
    throw new UsageError('Cannot use --case without its campaign: expected one name; add --only <name>');
  const count = values.count === undefined ? undefined : wholeNumber('--count', values.count, 1);
  const share = values.share === undefined ? 1 : shareOf(values.share);
  const seed = values.seed === undefined ? defaultSeed : wholeNumber('--seed', values.seed, 0);
  const { json, evidence } = values;
  if (evidence && values.case !== undefined)
    throw new UsageError('Cannot use --evidence with --case: expected a whole campaign; leave --case out');
  const countOf = ({ fullCount }: Campaign): number => count ?? Math.max(1, Math.ceil(fullCount * share));
  return { kind: 'run', options: { chosen, seed, countOf, onlyCase: values.case, json, evidence } };
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        seed: { type: 'string' },
        count: { type: 'string' },
        share: { type: 'string' },
        case: { type: 'string' },
        json: { type: 'boolean', default: false },
        evidence: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(
      `Cannot read the options: ${error instanceof Error ? error.message.split('. ', 1)[0] : 'unreadable'}, expected those of --help`,
    );
  }
}

function find(name: string, campaigns: readonly Campaign[]): Campaign {
  const campaign = campaigns.find((one) => one.name === name.trim());
  if (campaign) return campaign;
  const known = campaigns.map((one) => one.name).join(', ');
  throw new UsageError(`Cannot run campaign "${name}": there is none of that name, expected one of ${known}`);
}

function wholeNumber(option: string, text: string, from: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from) return value;
  throw new UsageError(`Cannot use ${option} "${text}": expected a whole number from ${from} up; correct it`);
}

function shareOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 1) return value;
  throw new UsageError(`Cannot use --share "${text}": expected a part of the full count, above 0 up to 1; correct it`);
}
