/** The part of the store that run-tool uses, in memory, with faults that a test can switch on. */
import { digestText } from '../../../core/digest.ts';
import { CountersignError } from '../../../core/errors.ts';
import type { SignedControl } from '../../../core/contracts/control.ts';
import type { FenceRow, Reservation, RunRow, Store } from '../../../store/store.ts';

type StoredReceipt = NonNullable<Awaited<ReturnType<Store['receiptByPermit']>>>;

export interface MemoryStore {
  store: Store;
  fences: Map<string, FenceRow>;
  receipts: Map<string, StoredReceipt>;
  bodies: Map<string, string>;
  control: SignedControl[];
  /** Names of the methods called, in order. */
  calls: string[];
  /** Methods that fail, before or after they did their work. */
  down: Map<keyof Store, 'before' | 'after'>;
  /** Runs before a method does its work. */
  before: Map<keyof Store, () => void>;
}

export function memoryStore(run: RunRow): MemoryStore {
  const fences = new Map<string, FenceRow>();
  const receipts = new Map<string, StoredReceipt>();
  const bodies = new Map<string, string>();
  const control: SignedControl[] = [];
  const keyOf = (step: { callKey: string; try: number }) => `${step.callKey}#${step.try}`;
  const newRow = (from: Reservation): FenceRow => ({
    ...from,
    state: 'reserved',
    reservedAt: from.now,
    voidedFrom: null,
    voidedBy: null,
    receipt: null,
    output: null,
  });
  const isFreeze = ({ body }: SignedControl): boolean => body.kind === 'freeze' || body.kind === 'thaw';
  const epoch = () => Math.max(0, ...control.filter(isFreeze).map((row) => row.body.sequence));
  const methods: Partial<Store> = {
    getRun: async (workflowId) => (workflowId === run.workflowId ? run : null),
    listControl: async (kinds) => control.filter((row) => kinds.includes(row.body.kind)),
    getFence: async (callKey, tryNumber) => fences.get(keyOf({ callKey, try: tryNumber })) ?? null,
    reserveFence: async (from) => {
      const row = fences.get(keyOf(from));
      if (row) return { kind: 'exists', row };
      const used = [...fences.values()].find(
        (other) =>
          from.nonce !== null && other.nonce === from.nonce && other.callKey === from.callKey && other.state !== 'void',
      );
      if (used) return { kind: 'approval-used', row: used };
      if (from.executeByAt !== null && from.now > from.executeByAt) return { kind: 'too-late' };
      if (from.freezeEpoch !== epoch()) return { kind: 'frozen' };
      fences.set(keyOf(from), newRow(from));
      return { kind: 'reserved' };
    },
    startFence: async (step) => {
      const row = fences.get(keyOf(step));
      if (row?.state !== 'reserved' || row.permitDigest !== step.permitDigest) return 'lost';
      row.state = 'executing';
      return 'started';
    },
    consumeFence: async (step) => {
      const row = fences.get(keyOf(step));
      if (row?.state !== 'executing' || row.permitDigest !== step.permitDigest) return 'lost';
      Object.assign(row, { state: 'consumed', receipt: step.receipt, output: step.output });
      return 'consumed';
    },
    voidFence: async (step) => {
      const row = fences.get(keyOf(step));
      if (row?.state === 'consumed') return { kind: 'consumed', row };
      if (row?.state === 'void') return { kind: 'already-void', row };
      if (row && step.by === 'owner' && row.permitDigest !== step.permitDigest) return { kind: 'lost', row };
      const from = { ...step, nonce: null, startToCloseMs: 0, executeByAt: null, freezeEpoch: 0 };
      const voided = row ?? newRow(from);
      Object.assign(voided, { voidedFrom: row?.state ?? 'absent', voidedBy: step.by, state: 'void' });
      fences.set(keyOf(step), voided);
      return { kind: 'voided', row: voided };
    },
    recordReceipt: async ({ permitDigest, receipt, output }) => {
      const first = receipts.get(permitDigest);
      if (first) return { kind: 'exists', ...first };
      receipts.set(permitDigest, { receipt, output });
      return { kind: 'recorded' };
    },
    receiptByPermit: async (permitDigest) => receipts.get(permitDigest) ?? null,
    putBody: async (text) => {
      const digest = digestText('body', text);
      bodies.set(digest, text);
      return digest;
    },
    getBody: async (digest) => bodies.get(digest) ?? null,
  };
  const calls: string[] = [];
  const down: MemoryStore['down'] = new Map();
  const before: MemoryStore['before'] = new Map();
  const store = new Proxy(methods, {
    get:
      (target, name: keyof Store) =>
      async (...args: never[]) => {
        calls.push(name);
        before.get(name)?.();
        const unavailable = new CountersignError('store-unavailable', 'Cannot use the store: it is down');
        if (down.get(name) === 'before') throw unavailable;
        const method = target[name] as (...values: never[]) => Promise<unknown>;
        const result = await method(...args);
        if (down.get(name) === 'after') throw unavailable;
        return result;
      },
  }) as Store;
  return { store, fences, receipts, bodies, control, calls, down, before };
}
