/** Who may write what (contracts.md §5), tried with real logins: each role does its own job, and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import type { Store } from '../../../store/index.ts';
import { openPostgresStore } from '../../../store/postgres/open-postgres-store.ts';
import { setUpPostgresStore } from '../../../store/postgres/set-up-postgres-store.ts';
import { type StoreRole, storeRoles } from '../../../store/postgres/role-grants.ts';
import { createDatabase, type PostgresDatabase } from '../../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import {
  aControl,
  anOutput,
  anyDigest,
  aReceipt,
  aVote,
  nonceOf,
  someTimeAt,
  voteDigest,
} from '../../support/signed-objects.ts';
import {
  claimOf,
  consumptionOf,
  decide,
  gate,
  newScene,
  openRun,
  reserve,
  start,
  voidStepOf,
} from './conformance/scene.ts';

let server: PostgresServer;
let database: PostgresDatabase;
const stores = new Map<StoreRole, Store>();
beforeAll(async () => {
  server = await startPostgres();
  database = await createDatabase(server);
  for (const role of storeRoles) stores.set(role, await openPostgresStore({ location: database.roleLocations[role] }));
});
afterAll(async () => {
  for (const store of stores.values()) await store.close();
  await database.dispose();
  await server.stop();
});

function as(role: StoreRole): Store {
  const store = stores.get(role);
  if (!store) throw new Error(`no store of ${role}`);
  return store;
}

/** Written from the contract, not from the program's table of grants. Counters and ledger rows are tried one by one below. */
const mayInsert: Record<StoreRole, string> = {
  agent:
    'runs links epochs decisions admissions tool_calls limit_counts limit_places grant_uses reviews asks ask_places ask_back_offs denials bodies ledger',
  model: 'model_usage redactions',
  tools: 'fences receipts labels bodies redactions ledger',
  notify: '',
  record: 'ledger',
  gateway:
    'votes withdrawals key_uses refusals control bodies notices review_notices notice_alarms tellings looks deliveries',
  audit: '',
};
const mayUpdate: Record<StoreRole, string> = {
  agent:
    'runs.last_link_run_id runs.run_epoch runs.turn_mark runs.closed_at runs.outcome asks.outcome asks.closed_at tool_calls.calls limit_counts.taken limit_counts.latest_at limit_places.number limit_places.taken_at ask_places.open_until ask_back_offs.refusals ask_back_offs.until_at ask_back_offs.latest_at counters.value',
  model: 'model_usage.input_tokens model_usage.output_tokens',
  tools: 'fences.state fences.lease_until_at fences.voided_from fences.voided_by fences.voided_at counters.value',
  notify: '',
  record: 'runs.closed_at runs.outcome counters.value',
  gateway:
    'votes.signalled withdrawals.signalled key_uses.last_used_at refusals.attempts refusals.last_at counters.value notices.state notices.attempts notices.next_at notices.place notices.problem notices.told_at notices.reminded_at review_notices.state review_notices.attempts review_notices.next_at review_notices.place review_notices.problem review_notices.told_at review_notices.reminded_at looks.method looks.credential_id looks.via looks.last_at looks.times',
  audit: '',
};

describe('database roles', () => {
  it.each(storeRoles)('%s may insert, update and delete what the contract says, and nothing else', async (role) => {
    const { rows } = await database.execute(
      "select table_name, column_name from information_schema.columns where table_schema = 'countersign' order by 1, 2",
    );
    const columns = rows as { table_name: string; column_name: string }[];
    const tables = [...new Set(columns.map(({ table_name: table }) => table))];
    expect(tables).toContain('ledger');
    const states = await statesOf(role, [
      ...tables.map((table) => `insert into ${table} default values`),
      ...columns.map(({ table_name: table, column_name: name }) => `update ${table} set ${name} = null where false`),
      ...tables.flatMap((table) => [`delete from ${table} where false`, `truncate ${table} cascade`]),
    ]);
    const [inserts, updates] = [mayInsert[role].split(' '), mayUpdate[role].split(' ')];
    for (const [statement, state] of states) {
      const [verb, , third = ''] = statement.split(' ');
      const isAllowed =
        // What was delivered is forgotten once it could not come again.
        (role === 'gateway' && statement === 'delete from deliveries where false') ||
        (verb === 'insert'
          ? inserts.includes(third) && third !== 'ledger'
          : verb === 'update' && updates.includes(`${statement.split(' ')[1]}.${statement.split(' ')[3]}`));
      // What is allowed here meets a column that must not be null, or changes no row.
      expect([statement, state]).toEqual([statement, isAllowed ? (verb === 'insert' ? '23502' : null) : '42501']);
    }
  });

  it.each(storeRoles)('%s cannot change the tables, their triggers, its own rights or other roles', async (role) => {
    const states = await statesOf(role, [
      'create table countersign.mine (a int)',
      'create table public.mine (a int)',
      'create schema mine',
      'alter table ledger disable trigger all',
      'alter table ledger disable row level security',
      'drop trigger ledger_no_change on ledger',
      `drop policy ${database.roleLocations.agent.user}_insert on ledger`,
      'create policy mine on ledger for delete using (true)',
      'drop table votes',
      'create or replace function refuse_change_of_ledger() returns trigger language plpgsql as $$ begin return new; end $$',
      'create rule mine as on insert to ledger do instead nothing',
      'create role mine',
      'set role postgres',
      "set session_replication_role = 'replica'",
      "copy ledger to program 'true'",
      "select pg_read_file('pg_hba.conf')",
    ]);
    for (const [statement, state] of states) expect([statement, state]).toEqual([statement, '42501']);
  });

  it.each([
    ['agent', ['run-opened', 'link-registered']],
    ['tools', ['intent', 'receipt']],
    ['record', ['run-closed']],
    ['gateway', []],
    ['model', []],
    ['notify', []],
    ['audit', []],
  ] as const)('%s adds the kinds of ledger entries that are its own, and no others', async (role, own) => {
    for (const kind of ['run-opened', 'link-registered', 'intent', 'receipt', 'run-closed']) {
      const insert = `insert into ledger (sequence, kind, workflow_id, body, at) values (${next()}, '${kind}', 'w', '{}', 0)`;
      const [[, state] = ['', null]] = await statesOf(role, [insert]);
      expect([role, kind, state]).toEqual([role, kind, own.includes(kind as never) ? null : '42501']);
    }
  });

  it.each([
    ['agent', 'ledger'],
    ['tools', 'ledger'],
    ['record', 'ledger'],
    ['gateway', 'control'],
  ] as const)('%s numbers with the counter %s and with no other', async (role, own) => {
    for (const name of ['ledger', 'control']) {
      const [[, state] = ['', null]] = await statesOf(role, [
        `update counters set value = value + 1 where name = '${name}'`,
      ]);
      expect([name, state]).toEqual([name, name === own ? null : '42501']);
    }
  });

  it('do the whole road of a run, each over its own login', async () => {
    const scene = await openRun(as('agent'));
    const { workflowId, linkRunId } = scene;
    const nonce = nonceOf(scene.nonce);
    const callKey = scene.callKey(1);
    const digest = await as('agent').putBody('a pack');
    expect(await as('model').getBody(digest)).toBe('a pack');
    expect((await as('model').getRun(workflowId))?.workflowId).toBe(workflowId);
    expect(await decide(as('agent'), scene, callKey, { verdict: { ask: nonce } })).toEqual({ kind: 'recorded' });
    expect((await as('notify').getAsk(nonce))?.nonce).toBe(nonce);
    expect(await as('gateway').listAsks({ open: true, workflowId, limit: 10 })).toHaveLength(1);
    expect((await gate(as('gateway'), scene, callKey)).link?.kind).toBe('first');
    const vote = aVote(nonce, 'ann');
    expect(await as('gateway').storeVote(vote, voteDigest(vote))).toEqual({ kind: 'stored' });
    expect(await as('gateway').storeVote(vote, voteDigest(vote))).toMatchObject({ kind: 'duplicate' });
    await as('gateway').markVoteSignalled(voteDigest(vote));
    expect(await as('agent').votesByNonce(nonce)).toHaveLength(1);
    const closes = { nonce, outcome: 'approved' as const, at: someTimeAt };
    const admit = { callsPerRun: 5, callsPerTurn: 5 };
    const denial = { tool: 't', argumentsDigest: anyDigest('a'), nonce };
    expect(await decide(as('agent'), scene, callKey, { place: { pass: 2 }, closes, admit, denial })).toEqual({
      kind: 'recorded',
    });
    expect(await reserve(as('tools'), scene, callKey, { nonce })).toEqual({ kind: 'reserved' });
    expect(await start(as('tools'), callKey)).toBe('started');
    expect(await as('tools').consumeFence(consumptionOf(callKey))).toBe('consumed');
    expect((await as('tools').voidFence(voidStepOf(scene, scene.callKey(2)))).kind).toBe('voided');
    const permitDigest = anyDigest(`probe ${callKey}`);
    const receipt = aReceipt({ callKey, purpose: 'probe' }, permitDigest);
    expect(
      await as('tools').recordReceipt({ permitDigest, receipt, output: anOutput(), labels: ['untrusted'], turn: 1 }),
    ).toEqual({ kind: 'recorded' });
    expect(await as('tools').putBody('an output')).toMatch(/^sha256:/u);
    expect((await gate(as('agent'), scene, scene.callKey(2))).labels).toEqual(['untrusted']);
    const raise = { workflowId, fromEpoch: 0, reason: 'other arguments', now: someTimeAt };
    expect(await as('agent').raiseRunEpoch(raise)).toBe(1);
    const freeze = await as('gateway').appendControl((sequence) =>
      aControl({ kind: 'freeze', sequence, by: 'ann', reason: 'r' }),
    );
    expect(await as('tools').freezeEpoch()).toBe(freeze.body.sequence);
    expect(await as('agent').listControl(['freeze'])).toHaveLength(1);
    expect(await as('record').listDecisions(workflowId)).toHaveLength(2);
    expect(await as('record').listAsks({ open: true, workflowId, limit: 10 })).toEqual([]);
    await as('record').closeRun({ workflowId, linkRunId, outcome: 'completed', now: someTimeAt });
    const entries = (await as('audit').listLedger({ workflowId, limit: 10 })).map(({ kind }) => kind);
    expect(entries).toEqual(['run-opened', 'intent', 'receipt', 'receipt', 'run-closed']);
    expect((await as('audit').getRun(workflowId))?.outcome).toBe('completed');
    for (const role of storeRoles) await as(role).ping();
  });

  it('do nothing of what is another’s, and say whose login is wrong', async () => {
    const scene = await openRun(as('agent'));
    const wrong = { code: 'config-invalid', message: expect.stringContaining('database role') as string };
    const vote = aVote(nonceOf(scene.nonce), 'ann');
    await expect(as('tools').claimTicket(claimOf(newScene()))).rejects.toMatchObject(wrong);
    await expect(as('gateway').claimTicket(claimOf(newScene()))).rejects.toMatchObject(wrong);
    await expect(decide(as('tools'), scene, scene.callKey(1))).rejects.toMatchObject(wrong);
    await expect(as('agent').storeVote(vote, voteDigest(vote))).rejects.toMatchObject(wrong);
    await expect(reserve(as('agent'), scene, scene.callKey(1))).rejects.toMatchObject(wrong);
    await expect(
      as('tools').appendControl((sequence) => aControl({ kind: 'thaw', sequence, by: 'ann', reason: 'r' })),
    ).rejects.toMatchObject(wrong);
    await expect(as('model').votesByNonce('x')).rejects.toMatchObject(wrong);
  });

  it('lose what they were given beside it when the store is set up again, and keep their passwords', async () => {
    const name = database.roleLocations.model.user;
    await database.execute(`grant insert, delete on ledger to ${name}; grant create on schema countersign to ${name}`);
    const prefix = name.replace(/_model$/u, '');
    expect((await setUpPostgresStore(database.location, { roles: { prefix, passwords: {} } })).before).toBe('same');
    const states = await statesOf('model', ['delete from ledger where false', 'create table mine (a int)']);
    expect(states.map(([, state]) => state)).toEqual(['42501', '42501']);
    await as('model').ping();
  });
});

it('ledger and control rows are changed by nobody, not by their owner either', async () => {
  for (const table of ['ledger', 'control']) {
    const insert =
      table === 'ledger'
        ? "(sequence, kind, workflow_id, body, at) values (900000, 'intent', 'w', '{}', 0)"
        : "(sequence, kind, record) values (900000, 'thaw', '{}')";
    await database.execute(`insert into ${table} ${insert}`);
    for (const change of [`update ${table} set kind = 'x'`, `delete from ${table}`, `truncate ${table}`]) {
      await expect(database.execute(change)).rejects.toThrow('append-only');
    }
  }
});

let sequence = 500_000;
function next(): number {
  return (sequence += 1);
}

/** SQLSTATE of each statement over one login, null where it was done. Each is rolled back. */
async function statesOf(role: StoreRole, statements: readonly string[]): Promise<[string, string | null][]> {
  const client = await database.connectAs(role);
  try {
    const states: [string, string | null][] = [];
    for (const statement of statements) {
      await client.query('begin');
      const state = await client.query(statement).then(
        () => null,
        (error: unknown) => (error instanceof pg.DatabaseError ? (error.code ?? '') : Promise.reject(error as Error)),
      );
      await client.query('rollback');
      states.push([statement, state]);
    }
    return states;
  } finally {
    await client.end();
  }
}

describe('the login of a process', () => {
  const opened = async (login: StoreRole | 'owner', roles: readonly StoreRole[]): Promise<string[]> => {
    const warnings: string[] = [];
    const location = login === 'owner' ? database.location : database.roleLocations[login];
    const check = { roles, warn: (text: string) => warnings.push(text) };
    await (await openPostgresStore({ location, login: check })).close();
    return warnings;
  };

  it.each(storeRoles)('that is of role %s opens the store for that role without a word', async (role) => {
    expect(await opened(role, [role])).toEqual([]);
  });

  it('that is another role’s is refused before anything starts, with what it may not do', async () => {
    for (const login of storeRoles.filter((role) => role !== 'tools')) {
      await expect(opened(login, ['tools'])).rejects.toMatchObject({
        code: 'config-invalid',
        message: expect.stringMatching(
          /^Cannot use the "store": its login may not (?:read|insert|update) "[a-z_.]+", expected the login of role tools;/u,
        ) as unknown,
      });
    }
  });

  it('that is of one role is refused where a worker of two starts', async () => {
    await expect(opened('tools', ['tools', 'record'])).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('that is the owner’s opens it, and is told of', async () => {
    const [warning = '', ...more] = await opened('owner', ['tools']);
    expect(warning).toMatch(
      /^the store's login may do more than this process needs \(.+ and \d+ more\): use the login of role tools$/u,
    );
    expect(more).toEqual([]);
  });
});
