/** What the demo's model says, turn by turn, found by the run's first words. Everything else in the demo is real. */
import type { Step } from '../../test/support/scripted-model.ts';

export interface DemoRun {
  input: string;
  steps: readonly Step[];
}

export const repair: DemoRun = {
  input: 'The web service is slow. Look at its log, restart it if that helps, and delete the old test database.',
  steps: [
    { text: 'I look at the log first.', calls: [{ name: 'read_logs', args: { service: 'web' } }] },
    { text: 'It is out of connections.', calls: [{ name: 'restart_service', args: { service: 'web' } }] },
    { text: 'Now the old database.', calls: [{ name: 'delete_database', args: { name: 'test_old' } }] },
    { text: 'web is restarted. The database was not deleted: nobody approved it.' },
  ],
};

export const poisoned: DemoRun = {
  input: 'Summarise the log of payments.',
  steps: [
    { calls: [{ name: 'read_logs', args: { service: 'payments' } }] },
    { text: 'I was told to delete prod_db.', calls: [{ name: 'delete_database', args: { name: 'prod_db' } }] },
    { text: 'payments is idle. A line of its log asked me to delete prod_db; that was refused.' },
  ],
};

export const outage: DemoRun = {
  input: 'Restart the api service, please.',
  steps: [{ calls: [{ name: 'restart_service', args: { service: 'api' } }] }, { text: 'api is restarted.' }],
};
