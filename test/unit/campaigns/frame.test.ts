/** The frame of campaigns: options are read or refused, choices repeat, tables and evidence come out whole. */
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOptions, UsageError } from '../../../scripts/campaigns/campaign-options.ts';
import type { Campaign, CampaignOrder } from '../../campaigns/campaign.ts';
import { chooseCases } from '../../campaigns/frame/choose-cases.ts';
import { withEvidence } from '../../campaigns/frame/evidence.ts';
import { tableMarkdown, tableText } from '../../campaigns/frame/print-table.ts';
import { createRandom } from '../../campaigns/frame/random.ts';
import { runCampaign } from '../../campaigns/frame/run-campaign.ts';

const table = { columns: ['what', 'how many'], rows: [['kills', 20] as const, ['a | b', 3] as const] };
const quiet = (): void => undefined;
const origin = { commit: 'abc', date: '2026-01-02T03:04:05Z', machine: 'two cores' };

function campaign(name: string, run: Campaign['run'] = async () => ({ table, failures: [] })): Campaign {
  return { name, summary: `${name} proves it.`, unit: 'cases', fullCount: 25, run };
}

describe('options', () => {
  const known = [campaign('one'), campaign('two')];
  const count = (argv: string[]): number => {
    const read = readOptions(argv, known);
    if (read.kind !== 'run') throw new Error('not to be run');
    return read.options.countOf(campaign('any'));
  };

  it('give full counts, a share of them rounded up, or a number', () => {
    expect([count([]), count(['--share', '0.1']), count(['--count', '7'])]).toEqual([25, 3, 7]);
  });

  it('choose campaigns by name', () => {
    expect(readOptions(['--only', 'two'], known)).toMatchObject({
      kind: 'run',
      options: { chosen: [{ name: 'two' }] },
    });
  });

  it.each([
    [['--only', 'three']],
    [['--count', '0']],
    [['--count', '1.5']],
    [['--count', '3', '--share', '0.1']],
    [['--share', '0']],
    [['--share', '']],
    [['--share', '2']],
    [['--seed', 'x']],
    [['--case', '3']],
    [['--only', 'one', '--case', '3', '--evidence']],
    [['--nonsense']],
    [['stray']],
  ])('%j are refused with what was expected', (argv) => {
    expect(() => readOptions(argv, known)).toThrow(UsageError);
    expect(() => readOptions(argv, known)).toThrow(/^Cannot .*expected/);
  });
});

describe('a campaign', () => {
  const order = { seed: 5, count: 9, progress: quiet };

  it('gets an empty folder of its own, which is gone afterwards', async () => {
    let folder = '';
    await runCampaign(
      campaign('one', async (given: CampaignOrder) => {
        folder = given.folder;
        expect(existsSync(folder)).toBe(true);
        return { table, failures: [] };
      }),
      order,
    );
    expect(existsSync(folder)).toBe(false);
  });

  it('says for each failure the command that repeats it', async () => {
    const failures = [
      { case: '31', what: 'it ran twice' },
      { case: null, what: 'it leaked' },
    ];
    const report = await runCampaign(
      campaign('one', async () => ({ table, failures })),
      order,
    );
    expect(report.failures.map(({ repeat }) => repeat)).toEqual([
      'npm run campaign -- --only one --seed 5 --count 9 --case 31',
      'npm run campaign -- --only one --seed 5 --count 9',
    ]);
  });

  it('that breaks has failed', async () => {
    const report = await runCampaign(
      campaign('one', () => Promise.reject(new Error('no engine'))),
      order,
    );
    expect(report.failures).toMatchObject([{ what: expect.stringContaining('no engine') as unknown }]);
  });
});

describe('cases', () => {
  const cases = [{ id: '0' }, { id: '1' }];

  it('are all of them, or the one that is wanted', () => {
    expect(chooseCases({ onlyCase: undefined }, cases)).toEqual(cases);
    expect(chooseCases({ onlyCase: '1' }, cases)).toEqual([{ id: '1' }]);
  });

  it('that do not exist are refused, for nothing run is nothing proved', () => {
    expect(() => chooseCases({ onlyCase: '2' }, cases)).toThrow(/from 0 to 1/);
    expect(() => chooseCases({ onlyCase: '2' }, [])).toThrow(/the whole campaign is one/);
  });
});

describe('choices', () => {
  it('repeat with their seed, differ without it, and stay in bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const draw = (from: number): number[] => {
          const random = createRandom(from);
          return Array.from({ length: 20 }, () => random.integer(3, 1000));
        };
        expect(draw(seed)).toEqual(draw(seed));
        expect(draw(seed)).not.toEqual(draw(seed + 1));
        for (const drawn of draw(seed)) expect(drawn >= 3 && drawn <= 1000).toBe(true);
      }),
    );
  });

  it('of a fork draw nothing from where they come from', () => {
    const [one, other] = [createRandom(1), createRandom(1)];
    one.fork('votes').next();
    expect(one.next()).toBe(other.next());
    expect(one.fork('votes').next()).not.toBe(one.fork('kills').next());
  });

  it('shuffled keep every item', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer()), (seed, items) => {
        const byValue = (one: number, other: number): number => one - other;
        expect(createRandom(seed).shuffle(items).toSorted(byValue)).toEqual(items.toSorted(byValue));
      }),
    );
  });
});

describe('a table', () => {
  it('is aligned as text and escaped as Markdown', () => {
    expect(tableText(table).split('\n')[2]).toBe('kills        20');
    expect(tableMarkdown(table).split('\n').slice(1)).toEqual(['|---|---:|', '| kills | 20 |', '| a \\| b | 3 |']);
  });

  it('replaces its own evidence and no other', async () => {
    const order = { seed: 5, count: 9, progress: quiet };
    const [one, two] = [await runCampaign(campaign('one'), order), await runCampaign(campaign('two'), order)];
    const both = withEvidence(withEvidence('# Evidence\n', one, origin), two, origin);
    const again = withEvidence(both, { ...one, seed: 6 }, origin);
    expect(again.match(/### one/g)).toHaveLength(1);
    expect(again).toContain('--seed 6');
    expect(again.slice(again.indexOf('### two'))).toBe(both.slice(both.indexOf('### two')));
  });
});
