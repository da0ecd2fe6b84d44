/**
 * P2, P3 in any interleaving of an answer alone, denials, a stop, a freeze, a tightened policy, time and passes of the gate: it
 * permits only what nobody who may has denied, in time, while nothing stands against it; and the review is open exactly then.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import { digestJson } from '../../../core/digest.ts';
import { createGateWorld, type GateWorld, keyIdOf, wordOf } from './check-call-world.ts';
import { start } from './run-tool-world.ts';

const policy = `version: 1
roles: { operator: {}, lead: {} }
approvals:
  default:
    approvers: { roles: [operator] }
    quorum: 2
    denials: 2
    deadline: 60s
    executeWithin: 30s
    breakGlass: { role: lead }
rules:
  - { id: asks, effect: ask, tools: [send], reason: a person must see it }
`;
const deadlineAt = start + 60_000;
const steps = ['break', 'deny', 'stop', 'approve', 'freeze', 'thaw', 'tighten', 'wait', 'pass'] as const;
type Step = (typeof steps)[number];

class Play {
  readonly world: GateWorld;
  readonly ask: SignedDecision;
  pass = 1;
  brokenAt: number | undefined;
  isDenied = false;
  isFrozen = false;
  isTightened = false;

  constructor(world: GateWorld, ask: SignedDecision) {
    this.world = world;
    this.ask = ask;
  }

  async #vote(principal: string, more: Parameters<GateWorld['vote']>[1]): Promise<boolean> {
    const vote = this.world.vote(this.ask, { principal, ...more });
    return (await this.world.store.storeVote(vote, digestJson('vote', vote))).kind === 'stored';
  }

  /** @returns the word of a pass that decided */
  async take(step: Step): Promise<string | undefined> {
    const { world } = this;
    const { at } = world.clock;
    switch (step) {
      case 'break': {
        const key = { method: 'api-key', credentialId: keyIdOf('mia'), mintedBy: 'mia' } as const;
        const authenticated = { ...key, stepUp: 'typed-yes' as const };
        const vote = { verdict: 'break-glass', roles: ['lead'], reason: 'it burns', authenticated } as const;
        if (await this.#vote('mia', { ...vote, roles: ['lead'] })) this.brokenAt = at;
        return undefined;
      }
      case 'deny':
      case 'stop': {
        const more = step === 'stop' ? { stop: true as const } : {};
        const isNew = await this.#vote('olga', { verdict: 'deny', ...more });
        this.isDenied ||= isNew && at <= deadlineAt;
        return undefined;
      }
      case 'approve':
        await this.#vote('quinn', {});
        return undefined;
      case 'freeze':
      case 'thaw':
        this.isFrozen = step === 'freeze';
        await world.order({ kind: step, by: 'root', reason: 'a test' });
        return undefined;
      case 'tighten': {
        const policyDigest = await world.store.putBody(policy.replace('effect: ask', 'effect: deny'));
        await world.order({
          kind: 'policy-activation',
          agent: 'ops',
          packDigest: policyDigest,
          policyDigest,
          by: 'root',
        });
        this.isTightened = true;
        return undefined;
      }
      case 'wait':
        world.clock.at += 17_000;
        return undefined;
      case 'pass': {
        this.pass += 1;
        const word = wordOf(await world.gate({ ask: this.ask, votes: [], pass: this.pass }));
        return /^(?:allow|deny)/u.test(word) ? word : undefined;
      }
    }
  }

  mayPermit(): boolean {
    const { brokenAt, world } = this;
    const inTime = brokenAt !== undefined && brokenAt <= deadlineAt && world.clock.at <= brokenAt + 30_000;
    return inTime && !this.isDenied && !this.isFrozen && !this.isTightened;
  }
}

test('an answer alone permits only in time and where nothing stands against it, and is then open to review', async () => {
  let permitted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...steps), { minLength: 2, maxLength: 8 }), async (played) => {
      const world = await createGateWorld({ policy });
      try {
        await world.enrol('mia', { roles: ['lead'] });
        const play = new Play(world, await world.ask());
        let decided: string | undefined;
        for (const step of [...played, 'pass' as const]) {
          const mayPermit = play.mayPermit();
          decided = await play.take(step);
          if (decided === undefined) continue;
          expect(decided === 'allow').toBe(mayPermit);
          break;
        }
        permitted += decided === 'allow' ? 1 : 0;
        expect(await world.store.listReviews({ limit: 10 })).toHaveLength(decided === 'allow' ? 1 : 0);
      } finally {
        await world.store.close();
      }
    }),
    {
      numRuns: 30,
      examples: [
        [['break', 'pass']],
        [['break', 'deny', 'pass']],
        [['stop', 'break', 'pass']],
        [['break', 'tighten', 'pass']],
        [['break', 'wait', 'wait', 'pass']],
        [['wait', 'wait', 'wait', 'wait', 'break', 'pass']],
        [['break', 'freeze', 'pass', 'thaw', 'pass']],
      ],
    },
  );
  expect(permitted).toBeGreaterThan(0);
});
