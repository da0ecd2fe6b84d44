/**
 * Control records are read and verified once and then remembered. What an attacker could gain from that: a signing key that
 * is revoked later, a row that is swapped or deleted, an object that is changed after it was verified.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedControl } from '../../../core/contracts/control.ts';
import { domains, type RegistryKey } from '../../../core/contracts/envelope.ts';
import type { KeyRegistry } from '../../../core/envelope.ts';
import { type KeySet, loadOrCreateKeys } from '../../../keys/index.ts';
import { openSqliteStore, type Store } from '../../../store/index.ts';
import { readControl, readFreeze } from '../../../store/read-control.ts';
import { Desk, keyIdOf } from '../../support/desk.ts';

const audience = 'countersign:test';

describe('control records that were verified before', () => {
  let folder: string;
  let store: Store;
  let keys: KeySet;
  let desk: Desk;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-control-'));
    store = await openSqliteStore({ file: join(folder, 'store.db') });
    keys = await loadOrCreateKeys({ folder: join(folder, 'keys'), domains, clock: { now: () => Date.now() } });
    desk = new Desk({ keys, store, audience, namespace: 'test' });
    await desk.enrol('olga');
    await desk.enrol('pete');
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const reader = (registry: KeyRegistry = keys.registry) => ({ store, registry, audience });
  const principals = async (from = reader()) => (await readControl(from, ['api-key'])).map((one) => one.principal);
  const with_ = (change: (key: RegistryKey) => RegistryKey | undefined): KeyRegistry => ({
    keyByKid: (kid) => {
      const key = keys.registry.keyByKid(kid);
      return key && change(key);
    },
    verify: (...input) => keys.registry.verify(...input),
  });

  /** Somebody who can write the file: triggers do not stop them. */
  function tamper(statement: string, ...values: unknown[]): void {
    const database = new Database(join(folder, 'store.db'));
    database.exec('drop trigger if exists control_no_update; drop trigger if exists control_no_delete');
    database.prepare(statement).run(...values);
    database.close();
  }

  it('do not count once their key is revoked', async () => {
    expect(await principals()).toEqual(['olga', 'pete']);
    expect(await principals(reader(with_((key) => ({ ...key, revokedAt: 0 }))))).toEqual([]);
    expect(await principals()).toEqual(['olga', 'pete']);
  });

  it('do not count once the registry has another key, or none, under their key’s name', async () => {
    expect(await principals()).toEqual(['olga', 'pete']);
    const other = keys.registry.keyByKid(keys.signer('vote').kid)?.publicKey ?? '';
    expect(await principals(reader(with_((key) => ({ ...key, publicKey: other }))))).toEqual([]);
    expect(await principals(reader(with_(() => undefined)))).toEqual([]);
    expect(await principals(reader(with_((key) => ({ ...key, domain: 'vote' }))))).toEqual([]);
  });

  it('do not count for another audience', async () => {
    expect(await principals()).toEqual(['olga', 'pete']);
    expect(await principals({ ...reader(), audience: 'countersign:other' })).toEqual([]);
  });

  it('stay what they were when a row is swapped for a forged one, which no fresh process believes', async () => {
    expect(await principals()).toEqual(['olga', 'pete']);
    const [first] = await store.listControl(['api-key']);
    const forged = JSON.stringify({ ...first, body: { ...first?.body, principal: 'mallory' } });
    tamper('update control set record = ? where sequence = ?', forged, first?.body.sequence);
    expect(await principals()).toEqual(['olga', 'pete']);
    const fresh = await openSqliteStore({ file: join(folder, 'store.db') });
    expect(await principals({ ...reader(), store: fresh } as never)).toEqual(['pete']);
    await fresh.close();
  });

  it('are read anew when the last row was swapped or one is gone', async () => {
    expect(await principals()).toEqual(['olga', 'pete']);
    const [, last] = await store.listControl(['api-key']);
    const forged = JSON.stringify({ ...last, body: { ...last?.body, principal: 'mallory' } });
    tamper('update control set record = ? where sequence = ?', forged, last?.body.sequence);
    expect(await principals()).toEqual(['olga']);
    tamper('delete from control where sequence = ?', last?.body.sequence);
    expect(await principals()).toEqual(['olga']);
  });

  it('are read anew when an earlier one is gone', async () => {
    await desk.enrol('rita');
    expect(await principals()).toEqual(['olga', 'pete', 'rita']);
    const [first] = await store.listControl(['api-key']);
    tamper('delete from control where sequence = ?', first?.body.sequence);
    expect(await principals()).toEqual(['pete', 'rita']);
  });

  it('are followed by what came since, a freeze and a revocation at once', async () => {
    expect(await readFreeze(reader())).toEqual({ frozen: false, epoch: 0 });
    await desk.control({ kind: 'freeze', by: 'olga', reason: 'test' });
    expect(await readFreeze(reader())).toMatchObject({ frozen: true });
    await desk.control({ kind: 'api-key-revocation', keyId: keyIdOf('olga'), by: 'pete' });
    expect(await readControl(reader(), ['api-key-revocation'])).toHaveLength(1);
  });

  it('cannot be changed behind the reader’s back', async () => {
    const [record] = await store.listControl(['api-key']);
    expect(Reflect.set(record?.body ?? {}, 'principal', 'mallory')).toBe(false);
    // Another store's objects may not be frozen: those are verified each time.
    const loose = structuredClone(await store.listControl(['api-key'])) as SignedControl[];
    const from = { ...reader(), store: { listControl: () => Promise.resolve(loose) } };
    expect((await readControl(from, ['api-key'])).map((one) => one.principal)).toEqual(['olga', 'pete']);
    Reflect.set(loose[0]?.body ?? {}, 'principal', 'mallory');
    expect((await readControl(from, ['api-key'])).map((one) => one.principal)).toEqual(['pete']);
  });
});
