/**
 * The approval conformance kit against ours, on a real server (P2, P3): every case of test/approval-conformance/cases.yaml.
 * Most of a case is waiting for somebody's deadline, so many are played at once.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Case, readCases } from '../approval-conformance/case.ts';
import { type Ground, openGround } from '../approval-conformance/countersign-driver.ts';
import { abilities } from '../approval-conformance/driver.ts';
import { runCase } from '../approval-conformance/run-case.ts';

const cases = readCases();
/** Cases at once on one ground. */
const atOnce = 10;
/** Grounds of cases that kill what others would use. */
const killingGrounds = 2;

it('has every ability that a case needs, and each case once', () => {
  expect(cases.length).toBeGreaterThanOrEqual(30);
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  expect(cases.flatMap(({ needs }) => needs).filter((need) => !abilities.includes(need))).toEqual([]);
});

describe('approvals', () => {
  const grounds: Ground[] = [];
  const results = new Map(cases.map(({ id }) => [id, Promise.withResolvers<string[]>()]));

  beforeAll(async () => {
    grounds.push(...(await Promise.all(Array.from({ length: 1 + killingGrounds }, () => openGround()))));
    const [shared, ...killing] = grounds;
    const serial = cases.filter((one) => one.serial);
    const alone = cases.filter((one) => one.alone);
    const beside = cases.filter((one) => !one.serial && !one.alone);
    const lanes = Array.from({ length: atOnce }, () => playInTurn(shared, beside));
    lanes.push(...killing.map((ground) => playInTurn(ground, serial)));
    void Promise.all(lanes).then(() => playInTurn(shared, alone));
  });
  afterAll(async () => {
    await Promise.all(grounds.map((ground) => ground.close()));
  });

  /** Takes the next case that nobody has taken, until there are none. */
  async function playInTurn(ground: Ground | undefined, waiting: Case[]): Promise<void> {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const result = results.get(one.id);
      try {
        if (!ground) throw new Error('there is no ground');
        result?.resolve(await runCase(ground.driver(), one));
      } catch (error) {
        result?.resolve([`it broke: ${error instanceof Error ? error.message : String(error)}`]);
      }
    }
  }

  it.each(cases)('$id: $title', async ({ id }) => {
    expect(await results.get(id)?.promise).toEqual([]);
  });
});
