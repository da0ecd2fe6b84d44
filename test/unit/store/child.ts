/**
 * A process of its own on a store, for tests of several processes. Usage: node child.ts <store> <mode> <number>, where the
 * store is a file or a URL. It prints one line for each thing that is committed.
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openSqliteStore, readStoreLocation } from '../../../store/index.ts';
import { openPostgresStore } from '../../../store/postgres/open-postgres-store.ts';
import { consumptionOf, decide, reserve, type Scene, start } from './conformance/scene.ts';
import { anyDigest, linkOf, workflowIdOf } from '../../support/signed-objects.ts';

const [setting = '', mode = '', run = '0'] = parseArgs({ allowPositionals: true }).positionals;
const location = readStoreLocation(setting, process.env['PASSWORD_FILE'] ?? null);
const store =
  location.kind === 'sqlite'
    ? await openSqliteStore({ file: location.file, busyTimeoutMs: 20_000 })
    : await openPostgresStore({ location, answerWithinMs: 20_000 });
const number = Number(run);
const workflowId = workflowIdOf(number);
const scene: Scene = {
  workflowId,
  number,
  linkRunId: linkOf(number * 100),
  callKey: (turn, index = 0) => `${workflowId}/${turn}.${index}`,
  nonce: number * 100,
};

/** Synchronous: a line is out before the process can be killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

if (mode === 'admit') {
  const offset = Number(process.env['CALL_OFFSET']);
  const admit = { callsPerRun: 10, callsPerTurn: 100 };
  const calls = Array.from({ length: 16 }, (_, index) => scene.callKey(1, offset + index));
  for (const result of await Promise.all(calls.map((callKey) => decide(store, scene, callKey, { admit }))))
    say(result.kind);
} else if (mode === 'write-forever') {
  for (let turn = 1; ; turn += 1) {
    const callKey = scene.callKey(turn);
    await reserve(store, scene, callKey);
    await start(store, callKey);
    await store.consumeFence(consumptionOf(callKey));
    say(callKey);
  }
} else if (mode === 'reserve') {
  // Every process wants every call: those it got are said.
  for (let turn = 1; turn <= 40; turn += 1) {
    const permitDigest = anyDigest(`permit of ${process.pid} for ${turn}`);
    const { kind } = await reserve(store, scene, scene.callKey(turn), { permitDigest });
    if (kind === 'reserved') say(String(turn));
  }
} else if (mode === 'write-until-lost') {
  for (let turn = 1; ; turn += 1) {
    const callKey = scene.callKey(turn);
    try {
      await reserve(store, scene, callKey);
      await start(store, callKey);
      if ((await store.consumeFence(consumptionOf(callKey))) === 'consumed') say(callKey);
    } catch {
      break;
    }
  }
} else if (mode === 'hang') {
  // Stops inside the transaction: the number is taken, the record is not there yet.
  await store.appendControl((sequence) => {
    say(String(sequence));
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
} else {
  await store.putBody(mode);
}
await store.close();
