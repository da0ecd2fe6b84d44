/** Plays one case against a driver, and compares what is seen from outside with what the case says. */
import { until } from '../support/until.ts';
import type { Case, EditStep, Step, VoteStep } from './case.ts';
import type { ApprovalDriver, Pending, VoteAnswer } from './driver.ts';

/** @returns what was not as the case says; empty: it holds */
export async function runCase(driver: ApprovalDriver, one: Case): Promise<string[]> {
  const play: Play = { driver, one, runs: new Map(), seen: new Map(), wrong: [] };
  const people = Object.entries(one.people).map(([name, roles]) => ({
    name,
    roles: roles.filter((role) => role !== 'service'),
    isPerson: !roles.includes('service'),
  }));
  await driver.enrol(people);
  for (const step of one.steps) await take(play, step);
  const effects: string[] = [];
  for (const run of play.runs.values()) {
    await driver.ended(run);
    effects.push(...(await driver.effects(run)));
  }
  const isOther = one.or !== undefined && JSON.stringify(effects) === JSON.stringify(one.or);
  if (!isOther) expectSame(play, 'effects', effects, one.effects);
  return play.wrong;
}

interface Play {
  driver: ApprovalDriver;
  one: Case;
  /** Ids by the case's names. */
  runs: Map<string, string>;
  /** Requests that were seen, by run and target: they can be answered when they are not pending any more. */
  seen: Map<string, Pending>;
  wrong: string[];
}

async function take(play: Play, { kind, step }: Step): Promise<void> {
  const { driver } = play;
  switch (kind) {
    case 'start':
      return await start(play, step);
    case 'vote':
      return await vote(play, step);
    case 'race':
      await Promise.all(step.map(async (one) => await raced(play, one)));
      return;
    case 'edit':
      return await edit(play, step);
    case 'again':
      return await seeAgain(play, step);
    case 'withdraw':
      return expectSame(play, 'withdrawal', await driver.withdraw(step, requestOf(play, 'run', 'a')), 'counted');
    case 'revoke':
      return await driver.revoke(step.by, requestOf(play, step.run, step.on));
    case 'review': {
      const answer = await driver.review(step.by, requestOf(play, step.run, step.on));
      return step.expect === 'any' ? undefined : expectSame(play, `review by ${step.by}`, answer, step.expect);
    }
    case 'reviews':
      return expectSame(play, 'open reviews', await driver.openReviews(runOf(play, step.run)), step.open);
    case 'asks': {
      const id = runOf(play, step.run);
      const found = await until(`a request for ${step.on}`, async () =>
        (await driver.pending(id)).find(({ target }) => target === step.on),
      );
      return void play.seen.set(`${step.run} ${step.on}`, found);
    }
    case 'deliver': {
      const { verdict, of, flaw } = step;
      const source = flaw === 'stolen' ? requestOf(play, 'first', 'a') : undefined;
      const order = { request: requestOf(play, step.run, step.on), verdict, of, flaw, source };
      const answer = await driver.deliver(order);
      return step.expect === 'any' ? undefined : expectSame(play, 'delivery', answer, step.expect);
    }
    case 'forge': {
      const source = step === 'of-another-run' ? requestOf(play, 'first', 'a') : requestOf(play, 'run', 'a');
      return await driver.forge(step, source, runOf(play, 'run'));
    }
    case 'demote':
      return await driver.demote(step);
    case 'skew':
      return driver.skew(step);
    case 'lose':
      return driver.loseNotices();
    case 'untold':
      await until('it to reach nobody', async () => (await driver.told(requestOf(play, 'run', 'a'))) === 'lost');
      return;
    case 'kill':
      return await driver.killAll(step);
    case 'restart':
      return await driver.restart();
    case 'deadline':
      await until('the deadline', () => Date.now() > Math.max(...[...play.seen.values()].map((one) => one.deadlineAt)));
      return;
    case 'cancel':
      return await driver.cancel(runOf(play, step.run));
    case 'reset':
      return await driver.reset(runOf(play, step.run));
    case 'newLink':
      return await driver.newLink(runOf(play, step.run));
    case 'ended': {
      const outcome = await driver.ended(runOf(play, step.run));
      return step.outcome === undefined ? undefined : expectSame(play, 'outcome', outcome, step.outcome);
    }
    case 'stays':
      expectSame(play, 'pending', (await driver.pending(runOf(play, step.run))).length, step.requests);
      return expectSame(play, 'effects so far', await driver.effects(runOf(play, step.run)), []);
    case 'asked':
      return expectSame(play, 'requests', await driver.asked(runOf(play, 'run')), step);
    case 'times':
      return expectSame(play, 'calls of the request', requestOf(play, 'run', 'a').times, step);
    case 'happened':
      await until(`the effect ${step}`, async () => (await driver.effects(runOf(play, 'run'))).includes(step));
      return;
    case 'rest':
      return await answerRest(play, step);
  }
}

async function raced(play: Play, one: Extract<Step, { kind: 'race' }>['step'][number]): Promise<void> {
  if ('restart' in one) await play.driver.restart();
  else if ('edit' in one) await edit(play, one.edit);
  else await vote(play, one);
}

async function edit(play: Play, step: EditStep): Promise<void> {
  const request = requestOf(play, step.run, step.on);
  const version = step.version === undefined ? undefined : 'another';
  const answer = await play.driver.edit({ by: step.by, request, to: step.to, version });
  if (step.expect !== 'any') expectSame(play, `edit by ${step.by}`, answer, step.expect);
}

async function seeAgain(play: Play, target: string): Promise<void> {
  const known = new Set([...play.seen.values()].map(({ id }) => id));
  const found = await until(`another request for ${target}`, async () =>
    (await play.driver.pending(runOf(play, 'run'))).find((one) => one.target === target && !known.has(one.id)),
  );
  play.seen.set(`run ${target}`, found);
}

async function start(play: Play, step: Extract<Step, { kind: 'start' }>['step']): Promise<void> {
  const { driver, one } = play;
  const turns = step.turns.map((turn) =>
    typeof turn === 'number' ? Array.from({ length: turn }, (_, index) => `t${index + 1}`) : turn,
  );
  const run = await driver.start({ by: step.by, setup: one.setup, onBehalfOf: step.onBehalfOf, turns });
  play.runs.set(step.as, run);
  const wanted = step.asks ?? turns[0]?.length ?? 0;
  const found = await until(`${wanted} requests of ${step.as}`, async () => {
    const pending = await driver.pending(run);
    return pending.length >= wanted ? pending : undefined;
  });
  for (const request of found) play.seen.set(`${step.as} ${request.target}`, request);
}

async function vote(play: Play, step: VoteStep): Promise<void> {
  const request = requestOf(play, step.run, step.on);
  const { by, verdict, stop, confirmation, grant } = step;
  const version =
    step.version === undefined ? undefined : (play.seen.get(`${step.run} ${step.version}`)?.version ?? 'another');
  const answer: VoteAnswer = await play.driver.vote({ by, request, verdict, version, stop, confirmation, grant });
  if (step.expect !== 'any') expectSame(play, `${verdict} by ${by}`, answer, step.expect);
}

/** A run that asks anew after a restart, or because what became of its call is in doubt. */
async function answerRest(play: Play, { run, by, verdict }: Extract<Step, { kind: 'rest' }>['step']): Promise<void> {
  const { driver } = play;
  const id = runOf(play, run);
  let isOver = false;
  const ended = driver.ended(id).finally(() => (isOver = true));
  await until('the rest of the run', async () => {
    for (const request of isOver ? [] : await driver.pending(id)) await driver.vote({ by, request, verdict });
    return isOver;
  });
  await ended;
}

function runOf(play: Play, name: string): string {
  const run = play.runs.get(name);
  if (run === undefined) throw new Error(`case "${play.one.id}" has started no run "${name}"`);
  return run;
}

function requestOf(play: Play, run: string, target: string): Pending {
  const request = play.seen.get(`${run} ${target}`);
  if (!request) throw new Error(`case "${play.one.id}": run "${run}" has asked for nothing with target "${target}"`);
  return request;
}

function expectSame(play: Play, what: string, is: unknown, expected: unknown): void {
  const [found, wanted] = [JSON.stringify(is), JSON.stringify(expected)];
  if (found !== wanted) play.wrong.push(`${what}: ${found}, expected ${wanted}`);
}
