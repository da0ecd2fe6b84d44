/** Large texts by the digest of their bytes. A body that no longer has its digest is never handed out. */
import { digestText } from '../../core/digest.ts';
import type { Store } from '../store.ts';
import { invalid, readJson } from './records.ts';
import type { SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

export function bodyMethods(session: SqlSession): Pick<Store, 'putBody' | 'getBody'> {
  return {
    putBody: (text) => {
      const digest = digestText('body', text);
      return session.write(async (queries) => {
        await queries
          .insertInto('bodies')
          .values({ digest, text_json: JSON.stringify(text) })
          .onConflict((conflict) => conflict.column('digest').doNothing())
          .execute();
        return digest;
      }, ofRow(digest));
    },
    getBody: (digest) =>
      session.read(async (queries) => {
        const row = await queries
          .selectFrom('bodies')
          .select('text_json')
          .where('digest', '=', digest)
          .executeTakeFirst();
        if (!row) return null;
        const text = readJson('body', row.text_json);
        if (typeof text !== 'string' || digestText('body', text) !== digest) {
          throw invalid('body', 'it does not have its digest');
        }
        return text;
      }),
  };
}
