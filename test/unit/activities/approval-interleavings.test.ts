/**
 * P2, P3: votes, edits, withdrawals, revoked keys, a freeze, new links, time and the gate in any order, against a model that knows
 * nothing of how it is done. No order ends in a permit that lacks its quorum, or that an editor of its arguments approved, nor in a reserve
 * that rests on a withdrawn vote.
 */
import { equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { registerLink } from '../../../activities/register-link.ts';
import type { CheckCallResult } from '../../../core/contracts/activities.ts';
import type { SignedDecision } from '../../../core/contracts/decision.ts';
import { digestJson, digestText } from '../../../core/digest.ts';
import {
  args,
  callKey,
  createGateWorld,
  gatePolicy,
  type GateWorld,
  permitBodyOf,
  startToCloseMs,
  wordOf,
} from './check-call-world.ts';
import { linkRunId, start, workflowId } from './run-tool-world.ts';

const people = ['ann', 'bob', 'cat', 'dan'] as const;
type Name = (typeof people)[number];
const quorum = 2;
const deadlineMs = 60_000;
const executeWithinMs = 30_000;
const mostEdits = 3;

interface Cast {
  verdict: 'approve' | 'deny' | 'edit';
  castAt: number;
  withdrawn: boolean;
}

/** What there is to know, written down as it happens. */
interface Model {
  now: number;
  /** Of the round that is asked now; an edit makes another one. */
  deadlineAt: number;
  editors: Set<Name>;
  edits: number;
  frozen: boolean;
  votes: Map<Name, Cast>;
  revoked: Set<Name>;
  /** Who the permit rests on. */
  permitted: Name[] | null;
  /** Its permit is of the link that runs: what an earlier one was permitted starts nothing any more. */
  hasPermit: boolean;
  over: boolean;
}

interface Real {
  world: GateWorld;
  ask: SignedDecision;
  args: string;
  /** The decision that took the last edit. */
  edit: SignedDecision | null;
  pass: number;
  /** What each vote of this round edits to. */
  texts: Map<Name, string>;
  digests: Map<Name, string>;
  permit: { digest: string; votes: string[] } | null;
}

function approvalsIn(model: Model): [Name, Cast][] {
  return standingIn(model).filter(
    ([name, vote]) => vote.verdict === 'approve' && !vote.withdrawn && !model.editors.has(name),
  );
}

function standingIn({ votes, deadlineAt, revoked }: Model): [Name, Cast][] {
  return [...votes].filter(([name, { castAt }]) => castAt <= deadlineAt && !revoked.has(name));
}

/** Cast before whatever else decides: an approval of the same millisecond does not, a denial does. */
function takenEditIn(model: Model): Name | undefined {
  if (model.edits >= mostEdits) return undefined;
  const standing = standingIn(model);
  const edits = standing.filter(([, { verdict }]) => verdict === 'edit');
  const firstAt = Math.min(...edits.map(([, { castAt }]) => castAt));
  const decided = approvalsIn(model).filter(([, { castAt }]) => castAt < firstAt).length >= quorum;
  const denied = standing.some(([, { verdict, castAt }]) => verdict === 'deny' && castAt <= firstAt);
  return decided || denied ? undefined : edits.find(([, { castAt }]) => castAt === firstAt)?.[0];
}

/** What the gate must say, from the facts alone. */
function expectedWord(model: Model): string {
  if (model.frozen) return 'hold frozen';
  const { deadlineAt } = model;
  if (takenEditIn(model) !== undefined) return 'deny edited-by-person';
  const denied = [...model.votes].some(
    ([name, { verdict, castAt }]) => verdict === 'deny' && castAt <= deadlineAt && !model.revoked.has(name),
  );
  if (denied) return 'deny denied-by-person';
  const times = approvalsIn(model).map(([, { castAt }]) => castAt);
  const decidedAt = times.toSorted((a, b) => a - b)[quorum - 1];
  if (decidedAt !== undefined) return model.now > decidedAt + executeWithinMs ? 'deny approval-stale' : 'allow';
  const tookBack = [...model.votes].some(
    ([name, vote]) => vote.withdrawn && vote.castAt <= deadlineAt && !model.revoked.has(name),
  );
  if (model.permitted && tookBack) return 'deny approval-withdrawn';
  return model.now > deadlineAt ? 'deny approval-expired' : 'still-open';
}

type Command = fc.AsyncCommand<Model, Real>;

class Vote implements Command {
  readonly name: Name;
  readonly verdict: Cast['verdict'];
  constructor(name: Name, verdict: Cast['verdict']) {
    this.name = name;
    this.verdict = verdict;
  }
  check = (model: Readonly<Model>): boolean => !model.over;
  async run(model: Model, { world, ask, digests }: Real): Promise<void> {
    const vote = world.vote(ask, { principal: this.name, verdict: this.verdict, castAt: model.now });
    const stored = await world.store.storeVote(vote, digestJson('vote', vote));
    equal(stored.kind, model.votes.has(this.name) ? 'duplicate' : 'stored');
    if (stored.kind === 'duplicate') return;
    digests.set(this.name, digestJson('vote', vote));
    model.votes.set(this.name, { verdict: this.verdict, castAt: model.now, withdrawn: false });
  }
  toString = (): string => `${this.name} ${this.verdict}`;
}

class Edit implements Command {
  readonly name: Name;
  constructor(name: Name) {
    this.name = name;
  }
  check = (model: Readonly<Model>): boolean => !model.over;
  async run(model: Model, { world, ask, digests, texts }: Real): Promise<void> {
    const text = JSON.stringify({ name: `${this.name}-${model.edits}` });
    const edits = { argumentsDigest: digestText('arguments', text), argumentsBody: await world.store.putBody(text) };
    const vote = world.vote(ask, { principal: this.name, verdict: 'edit', edits, castAt: model.now });
    const stored = await world.store.storeVote(vote, digestJson('vote', vote));
    if (stored.kind === 'duplicate') return;
    digests.set(this.name, digestJson('vote', vote));
    texts.set(this.name, text);
    model.votes.set(this.name, { verdict: 'edit', castAt: model.now, withdrawn: false });
  }
  toString = (): string => `${this.name} edit`;
}

class Withdraw implements Command {
  readonly name: Name;
  constructor(name: Name) {
    this.name = name;
  }
  check = (model: Readonly<Model>): boolean => !model.over && model.votes.get(this.name)?.verdict === 'approve';
  async run(model: Model, { world, ask, digests }: Real): Promise<void> {
    const withdraws = digests.get(this.name) ?? '';
    const vote = world.vote(ask, { principal: this.name, verdict: 'withdraw', withdraws, castAt: model.now });
    await world.store.storeVote(vote, digestJson('vote', vote));
    const own = model.votes.get(this.name);
    if (own) own.withdrawn = true;
  }
  toString = (): string => `${this.name} withdraw`;
}

class Revoke implements Command {
  readonly name: Name;
  constructor(name: Name) {
    this.name = name;
  }
  check = (model: Readonly<Model>): boolean => !model.over && !model.revoked.has(this.name);
  async run(model: Model, { world, ask }: Real): Promise<void> {
    const { credentialId } = world.vote(ask, { principal: this.name }).body.authenticated;
    await world.order({ kind: 'api-key-revocation', keyId: credentialId, by: 'root' });
    model.revoked.add(this.name);
  }
  toString = (): string => `revoke ${this.name}`;
}

class Pass implements Command {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = (model: Readonly<Model>): boolean => !model.over;
  run(model: Model, { world }: Real): Promise<void> {
    model.now += this.ms;
    world.clock.at = model.now;
    return Promise.resolve();
  }
  toString = (): string => `${this.ms} ms`;
}

class Freeze implements Command {
  check = (model: Readonly<Model>): boolean => !model.over;
  async run(model: Model, { world }: Real): Promise<void> {
    model.frozen = !model.frozen;
    await world.order({ kind: model.frozen ? 'freeze' : 'thaw', by: 'root', reason: 'a test' });
  }
  toString = (): string => 'freeze or thaw';
}

class Gate implements Command {
  check = (model: Readonly<Model>): boolean => !model.over;
  async run(model: Model, real: Real): Promise<void> {
    real.pass += 1;
    const edit = real.edit ? { edit: real.edit } : {};
    const result = await real.world.gate({ ask: real.ask, argumentsText: real.args, ...edit, pass: real.pass });
    const word = wordOf(result).replace(/^(deny edited-by-person).*/u, '$1');
    equal(word, expectedWord(model));
    if (word === 'deny edited-by-person') return await askAnew(model, real, result);
    if (word.startsWith('deny')) model.over = true;
    if (word !== 'allow') return;
    const { approval, argumentsDigest: permitted } = permitBodyOf(result);
    equal(permitted, digestText('arguments', real.args));
    const counted = [...real.digests].filter(([, digest]) => approval?.voteDigests.includes(digest));
    model.permitted = counted.map(([name]) => name);
    model.hasPermit = true;
    equal(model.permitted.length, quorum);
    const approving = approvalsIn(model).map(([name]) => name);
    ok(model.permitted.every((name) => approving.includes(name)));
    if (result.kind !== 'decided') throw new TypeError('not decided');
    real.permit = { digest: digestJson('decision', result.decision), votes: approval?.voteDigests ?? [] };
  }
  toString = (): string => 'gate';
}

/** As the workflow does: the call comes back with what the person made of it, and is asked about in a round of its own. */
async function askAnew(model: Model, real: Real, result: CheckCallResult): Promise<void> {
  const editor = takenEditIn(model);
  if (result.kind !== 'decided' || editor === undefined) throw new TypeError('nothing was edited');
  // Of several edits of one millisecond the digest decides; whichever it is, it is one of theirs.
  const by = people.find((name) => real.texts.get(name) === result.edited);
  ok(by !== undefined && model.votes.get(by)?.castAt === model.votes.get(editor)?.castAt);
  real.edit = result.decision;
  real.args = result.edited ?? '';
  real.pass += 1;
  real.ask = await real.world.ask({
    argumentsText: real.args,
    edit: result.decision,
    pass: real.pass,
    round: real.pass,
  });
  real.digests.clear();
  real.texts.clear();
  real.permit = null;
  model.votes.clear();
  model.permitted = null;
  model.hasPermit = false;
  model.editors.add(by);
  model.edits += 1;
  model.deadlineAt = model.now + deadlineMs;
}

/** The run continues as new: its request goes on as it is, with the votes that it has. */
class NewLink implements Command {
  check = (model: Readonly<Model>): boolean => !model.over;
  async run(model: Model, { world }: Real): Promise<void> {
    const link = `00000000-0000-4000-9000-${String(world.origins.size + 1).padStart(12, '0')}`;
    const continuedRunId = world.caller.linkRunId;
    world.origins.set(link, { workflowType: 'agent-run', firstRunId: linkRunId, originalRunId: link, continuedRunId });
    const run = await world.store.getRun(workflowId);
    ok(run !== null);
    const { runEpoch } = await registerLink(world.dependencies, run, link);
    equal(runEpoch, 0);
    world.caller.linkRunId = link;
    model.hasPermit = false;
  }
  toString = (): string => 'new link';
}

class Reserve implements Command {
  check = (model: Readonly<Model>): boolean => !model.over && model.hasPermit;
  async run(model: Model, { world, ask, args, permit }: Real): Promise<void> {
    if (ask.body.verdict !== 'ask' || !permit) throw new TypeError('nothing was permitted');
    const reserved = await world.store.reserveFence({
      callKey,
      try: 1,
      workflowId,
      linkRunId: world.caller.linkRunId,
      runEpoch: 0,
      tool: 'send',
      argumentsDigest: digestText('arguments', args),
      nonce: ask.body.ask.nonce,
      voteDigests: permit.votes,
      permitDigest: permit.digest,
      startToCloseMs,
      now: model.now,
      executeByAt: null,
      freezeEpoch: await world.store.freezeEpoch(),
    });
    const isWithdrawn = (model.permitted ?? []).some((name) => model.votes.get(name)?.withdrawn === true);
    equal(reserved.kind, isWithdrawn ? 'withdrawn' : 'reserved');
    if (!isWithdrawn) model.over = true;
  }
  toString = (): string => 'reserve';
}

const anybody = fc.constantFrom(...people);
/** Often enough that many orders come to a permit, and go on from there. */
const weighted: [times: number, command: fc.Arbitrary<Command>][] = [
  [6, anybody.map((name) => new Vote(name, 'approve'))],
  [1, anybody.map((name) => new Vote(name, 'deny'))],
  [3, anybody.map((name) => new Edit(name))],
  [4, anybody.map((name) => new Withdraw(name))],
  [1, anybody.map((name) => new Revoke(name))],
  [3, fc.constantFrom(1, 1, 1, 20_000, 30_001, 60_001).map((ms) => new Pass(ms))],
  [1, fc.constant(new Freeze())],
  [2, fc.constant(new NewLink())],
  [5, fc.constant(new Gate())],
  [3, fc.constant(new Reserve())],
];
const commands = fc.commands(
  weighted.flatMap(([times, command]) => Array.from({ length: times }, () => command)),
  { maxCommands: 30, size: 'max' },
);

test('votes, edits, withdrawals, keys, freezes, new links and time in any order come to what the facts say', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (order) => {
      const world = await createGateWorld({ policy: gatePolicy.replace('quorum: 1', `quorum: ${quorum}`) });
      for (const name of people) await world.enrol(name);
      const ask = await world.ask();
      const model: Model = {
        now: start,
        deadlineAt: start + deadlineMs,
        editors: new Set(),
        edits: 0,
        frozen: false,
        votes: new Map(),
        revoked: new Set(),
        permitted: null,
        hasPermit: false,
        over: false,
      };
      const texts = new Map<Name, string>();
      const real: Real = { world, ask, args, edit: null, pass: 1, texts, digests: new Map(), permit: null };
      try {
        await fc.asyncModelRun(() => ({ model, real }), order);
      } finally {
        await world.store.close();
      }
    }),
    { numRuns: 120 },
  );
}, 60_000);
