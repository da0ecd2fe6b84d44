/** The Postgres store on a real server: the conformance suite, and what only a server can do wrong. */
import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore } from '../../../store/postgres/open-postgres-store.ts';
import { createDatabase } from '../../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { storeConformance } from './conformance.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
});

storeConformance('Postgres', async () => {
  const database = await createDatabase(server);
  const another = () => openPostgresStore({ location: database.location, answerWithinMs: 20_000 });
  const store = await another();
  return {
    store,
    another,
    execute: async (sql) => void (await database.execute(sql)),
    dispose: async () => {
      await store.close();
      await database.dispose();
    },
  };
});
