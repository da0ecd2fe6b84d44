/** Who was shown which card. A statement of its own decides: of two gateways that note the same person, both are counted. */
import { sql } from 'kysely';
import type { Look } from '../../core/contracts/look.ts';
import type { Store } from '../store.ts';
import type { SqlSession } from './session.ts';
import { ofRow } from './write-scopes.ts';

type LookMethods = Pick<Store, 'noteLook' | 'looksOf'>;

export function lookMethods(session: SqlSession): LookMethods {
  return {
    noteLook: ({ nonce, principal, channel, cardDigest, authenticated, at }) =>
      session.write(
        async (queries) => {
          const { method, credentialId, via = null } = authenticated;
          const how = { method, credential_id: credentialId, via };
          await queries
            .insertInto('looks')
            .values({ nonce, principal, channel, card_digest: cardDigest, ...how, first_at: at, last_at: at, times: 1 })
            .onConflict((conflict) =>
              conflict.columns(['nonce', 'principal', 'channel', 'card_digest']).doUpdateSet({
                ...how,
                last_at: sql<number>`case when looks.last_at < ${at} then ${at} else looks.last_at end`,
                times: sql<number>`looks.times + 1`,
              }),
            )
            .execute();
        },
        ofRow(`look ${nonce} ${principal}`),
      ),
    looksOf: (nonce) =>
      session.read(async (queries) => {
        const rows = await queries
          .selectFrom('looks')
          .selectAll()
          .where('nonce', '=', nonce)
          .orderBy('first_at')
          .orderBy('principal')
          .orderBy('channel')
          .orderBy('card_digest')
          .execute();
        return rows.map((row): Look => {
          const { principal, channel, method, times } = row;
          const via = row.via === null ? {} : { via: row.via };
          const authenticated = { method, credentialId: row.credential_id, ...via };
          const when = { firstAt: Number(row.first_at), lastAt: Number(row.last_at), times };
          return { nonce, principal, channel, cardDigest: row.card_digest, authenticated, ...when };
        });
      }),
  };
}
