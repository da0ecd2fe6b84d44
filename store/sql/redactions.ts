/** Rows of what redaction took out. They come sealed and go sealed: the store holds no key, and verifies nothing. */
import type { Store } from '../store.ts';
import type { SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

export function redactionMethods(session: SqlSession): Pick<Store, 'keepRedactions' | 'listRedactions'> {
  return {
    keepRedactions: async (rows) => {
      const [first] = rows;
      if (!first) return;
      const values = rows.map(({ workflowId, mark, entry, keyId, nonce, sealed, keptAt }) => {
        return { workflow_id: workflowId, mark, entry, key_id: keyId, nonce, sealed, kept_at: keptAt };
      });
      const scope = { ...ofRow(`redactions ${first.workflowId}`), mayBeLostWithPower: true };
      // Without a target, which would need the right to read: whoever keeps these may not.
      await session.write(async (queries) => {
        const insert = queries.insertInto('redactions').values(values);
        await insert.onConflict((conflict) => conflict.doNothing()).execute();
      }, scope);
    },
    listRedactions: ({ workflowId, mark, limit }) =>
      session.read(async (queries) => {
        let query = queries.selectFrom('redactions').selectAll().where('workflow_id', '=', workflowId).limit(limit);
        if (mark !== undefined) query = query.where('mark', '=', mark);
        const rows = await query.orderBy('mark').orderBy('entry').execute();
        return rows.map((row) => {
          const { mark: ownMark, entry, nonce, sealed } = row;
          const keptAt = Number(row.kept_at);
          return { workflowId: row.workflow_id, mark: ownMark, entry, keyId: row.key_id, nonce, sealed, keptAt };
        });
      }),
  };
}
