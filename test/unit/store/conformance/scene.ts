/** A fresh run for each test, and short ways to say what happens to it. */
import type { Consumption, DecisionRecord, RecordedDecision, Reservation, Store } from '../../../../store/index.ts';
import type { ControlKind } from '../../../../core/contracts/control.ts';
import type { VoidStep } from '../../../../store/reservation.ts';
import {
  aDenial,
  anAsk,
  anOutput,
  aCard,
  aPermit,
  aReceipt,
  aTicket,
  type CallPlace,
  anyDigest,
  decisionDigest,
  linkOf,
  someTimeAt,
  workflowIdOf,
} from '../../../support/signed-objects.ts';

let runs = 1000;

export interface Scene {
  workflowId: string;
  /** Number of the run: its ticket, and a range of links and nonces of its own. */
  number: number;
  linkRunId: string;
  callKey(turn: number, index?: number): string;
  nonce: number;
}

export function newScene(): Scene {
  runs += 1;
  const number = runs;
  const workflowId = workflowIdOf(number);
  const callKey = (turn: number, index = 0) => `${workflowId}/${turn}.${index}`;
  return { workflowId, number, linkRunId: linkOf(number * 100), callKey, nonce: number * 100 };
}

export function claimOf(scene: Scene) {
  const ticket = aTicket(scene.number);
  return { ticket, ticketDigest: anyDigest(`ticket ${scene.number}`), linkRunId: scene.linkRunId, now: someTimeAt };
}

export async function openRun(store: Store): Promise<Scene> {
  const scene = newScene();
  await store.claimTicket(claimOf(scene));
  return scene;
}

export type DecisionOptions = Partial<Pick<DecisionRecord, 'closes' | 'denial' | 'admit' | 'admitAlso' | 'quotas'>> & {
  verdict?: 'allow' | 'deny' | { ask: string };
  place?: Partial<CallPlace>;
};

export function decisionOf(scene: Scene, callKey: string, options: DecisionOptions = {}): DecisionRecord {
  const place: CallPlace = { callKey, linkRunId: scene.linkRunId, ...options.place };
  const { verdict = 'allow' } = options;
  const decision =
    typeof verdict === 'object' ? anAsk(place, verdict.ask) : verdict === 'allow' ? aPermit(place) : aDenial(place);
  const { body } = decision;
  return {
    key: { callKey, try: body.try, purpose: body.purpose, pass: body.pass, linkRunId: body.linkRunId },
    decision,
    digest: decisionDigest(decision),
    turn: Number(callKey.split('/')[1]?.split('.')[0]),
    ask: typeof verdict === 'object' ? { card: aCard(callKey) } : null,
    closes: options.closes ?? null,
    denial: options.denial ?? null,
    admit: options.admit ?? null,
    ...(options.admitAlso ? { admitAlso: options.admitAlso } : {}),
    ...(options.quotas ? { quotas: options.quotas } : {}),
  };
}

export function decide(
  store: Store,
  scene: Scene,
  callKey: string,
  options: DecisionOptions = {},
): Promise<RecordedDecision> {
  const record = decisionOf(scene, callKey, options);
  return store.recordDecision(record, { runEpoch: record.decision.body.runEpoch });
}

export function reservationOf(scene: Scene, callKey: string, overrides: Partial<Reservation> = {}): Reservation {
  return {
    callKey,
    try: 1,
    workflowId: scene.workflowId,
    linkRunId: scene.linkRunId,
    runEpoch: 0,
    tool: 'restart_service',
    argumentsDigest: anyDigest('arguments'),
    nonce: null,
    permitDigest: anyDigest(`permit ${callKey}`),
    startToCloseMs: 1000,
    now: someTimeAt,
    executeByAt: null,
    freezeEpoch: 0,
    ...overrides,
  };
}

/** With the freeze epoch that stands: other tests of the suite freeze the same database. */
export async function reserve(store: Store, scene: Scene, callKey: string, overrides: Partial<Reservation> = {}) {
  const freezeEpoch = overrides.freezeEpoch ?? (await store.freezeEpoch());
  return store.reserveFence(reservationOf(scene, callKey, { ...overrides, freezeEpoch }));
}

export function start(store: Store, callKey: string, overrides: { try?: number; permitDigest?: string } = {}) {
  const permitDigest = overrides.permitDigest ?? anyDigest(`permit ${callKey}`);
  return store.startFence({ callKey, try: overrides.try ?? 1, permitDigest, leaseUntilAt: someTimeAt + 1000 });
}

export function consumptionOf(callKey: string, overrides: Partial<Consumption> = {}): Consumption {
  const tryNumber = overrides.try ?? 1;
  const permitDigest = overrides.permitDigest ?? anyDigest(`permit ${callKey}`);
  return {
    callKey,
    try: tryNumber,
    permitDigest,
    receipt: aReceipt({ callKey, try: tryNumber }, permitDigest),
    output: anOutput(),
    labels: ['untrusted'],
    turn: Number(callKey.split('/')[1]?.split('.')[0]),
    ...overrides,
  };
}

export function voidStepOf(scene: Scene, callKey: string, overrides: Partial<VoidStep> = {}) {
  return {
    callKey,
    try: 1,
    workflowId: scene.workflowId,
    linkRunId: scene.linkRunId,
    runEpoch: 0,
    tool: 'restart_service',
    argumentsDigest: anyDigest('arguments'),
    permitDigest: anyDigest('void permit'),
    by: 'gate' as const,
    now: someTimeAt + 50,
    ...overrides,
  };
}

/** What a pass of the gate reads, with orders of these kinds. */
export function view(
  store: Store,
  scene: Scene,
  callKey: string,
  { pass = 1, kinds = [] }: { pass?: number; kinds?: ControlKind[] } = {},
) {
  const { workflowId, linkRunId } = scene;
  const turn = Number(callKey.split('/')[1]?.split('.')[0]);
  return store.gateView({ workflowId, linkRunId, callKey, turn, try: 1, purpose: 'execute', pass }, kinds);
}

export function gate(store: Store, scene: Scene, callKey: string, tryNumber = 1) {
  const turn = Number(callKey.split('/')[1]?.split('.')[0]);
  return store.gateState({ workflowId: scene.workflowId, linkRunId: scene.linkRunId, callKey, turn, try: tryNumber });
}
