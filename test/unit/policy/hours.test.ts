/** Hours of approval terms: by the wall clock of the zone, whatever is done to it twice a year, and never looser than what is named. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideByPolicy, policyAt } from '../../../policy/index.ts';
import { call, loaded, problemsOf } from './policy-fixtures.ts';

const policyText = (within: string, more = '') => `version: 1
roles: { operator: {}, on-call: {}, manager: {} }
approvals:
  default:
    approvers: { roles: [operator] }
    deadline: 1h
    hours: { within: [${within}], outside: night }
  night: { approvers: { roles: [on-call] }, deadline: 15m }
  strict: { approvers: { roles: [manager, operator, on-call] }, quorum: 2, deadline: 2h }
rules:
  - { id: asks, reason: It changes something, effect: ask, tools: ["*"] }
${more}`;

/** What the wall clock shows, by another way than the policy's: minutes since midnight, and the day of the week from Monday. */
function wallClock(zone: string, at: number): { day: number; minute: number } {
  const [date = '', time = ''] = new Date(at).toLocaleString('sv-SE', { timeZone: zone }).split(' ');
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return { day: (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7, minute: hours * 60 + minutes };
}

const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'UTC',
];
/** Around the days on which clocks change in these zones in 2026, and any others. */
const changes = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'];
const instant = fc.oneof(
  fc
    .record({ day: fc.constantFrom(...changes), offset: fc.integer({ min: -36 * 60, max: 36 * 60 }) })
    .map(({ day, offset }) => Date.parse(`${day}T00:00:00Z`) + offset * 60_000),
  fc.integer({ min: Date.parse('2025-01-01'), max: Date.parse('2030-01-01') }),
);
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const two = (number: number): string => String(number).padStart(2, '0');
const clock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

describe('hours of approval terms', () => {
  it.each(zones)('are those that the clock on a wall in %s shows, over every change of it', (zone) => {
    fc.assert(
      fc.property(
        fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
        fc.integer({ min: 0, max: 1438 }),
        fc.integer({ min: 1, max: 1439 }),
        fc.array(instant, { minLength: 10, maxLength: 10 }),
        (on, start, length, instants) => {
          const end = Math.min(start + length, 1440);
          const names = on.map((day) => days[day]).join(',');
          const policy = loaded(policyText(`"${names} ${clock(start)}-${clock(end)} ${zone}"`));
          const found = instants.map((now) => decideByPolicy(policy, call({ now })).terms?.name);
          const expected = instants.map((now) => {
            const { day, minute } = wallClock(zone, now);
            return on.includes(day) && minute >= start && minute < end ? 'default' : 'night';
          });
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('that the clock shows twice count twice, and what it leaves out does not come', () => {
    const policy = loaded(policyText('"sun 02:00-03:00 Europe/Berlin"'));
    const minutes = (day: string): number =>
      Array.from({ length: 24 * 60 }, (_, minute) => Date.parse(`${day}T00:00:00Z`) - 3_600_000 + minute * 60_000)
        .map((now) => decideByPolicy(policy, call({ now })).terms?.name)
        .filter((name) => name === 'default').length;
    expect([minutes('2026-03-22'), minutes('2026-03-29'), minutes('2026-10-25')]).toEqual([60, 0, 120]);
  });

  const night = Date.parse('2026-07-07T22:00:00Z');
  const noon = Date.parse('2026-07-07T12:00:00Z');
  const office = '"mon-fri 09:00-17:00 Europe/Berlin"';

  it('hold where a rule has no terms of its own, where it names them, and where approval is required besides', () => {
    const named = '  - { id: again, reason: Once more, effect: ask, tools: [other], approval: default }\n';
    const required = 'require: { approval: all }\n';
    const policy = loaded(policyText(office, named + required));
    for (const name of ['restart_service', 'other']) {
      expect(decideByPolicy(policy, call({ now: night, tool: { name } })).terms?.name).toBe('night');
      expect(decideByPolicy(policy, call({ now: noon, tool: { name } })).terms?.name).toBe('default');
    }
  });

  it('are combined with terms that hold at any time, as these are with any others', () => {
    const more = '  - { id: also, reason: Two, effect: ask, tools: ["*"], approval: strict }\n';
    const policy = loaded(policyText(office, more));
    const atNight = decideByPolicy(policy, call({ now: night })).terms;
    expect(atNight).toMatchObject({ name: 'night+strict', quorum: 2, deadlineMs: 900_000 });
    expect(atNight?.approvers.roles).toEqual(['on-call']);
  });

  it('change nothing of a policy within them, and give the same policy for the same hours', () => {
    const policy = loaded(policyText(office));
    expect(policyAt(policy, noon)).toBe(policy);
    expect(policyAt(policy, night)).toBe(policyAt(policy, night + 1));
    expect(policyAt(policyAt(policy, night), noon)).toBe(policyAt(policy, night));
  });

  it.each([
    ['terms that are not there', office, 'nigt', 'did you mean "night"?'],
    ['themselves', office, 'default', 'which have hours themselves'],
    ['an hour that is none', '"mon-fri 09:00-25:00 Europe/Berlin"', 'night', 'times from 00:00 to 24:00 that differ'],
    ['a zone that is none', '"mon-fri 09:00-17:00 Europe/Nowhere"', 'night', 'a time zone such as Europe/Berlin'],
  ])('do not load with %s', (_, within, outside, says) => {
    const text = policyText(within).replace('outside: night', `outside: ${outside}`);
    expect(problemsOf(text).join('\n')).toContain(says);
  });
});
