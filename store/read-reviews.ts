/**
 * Reviews of break-glass with what people signed of them, and what a person used of it: for whoever lets somebody break the
 * glass, and whoever lists reviews. Signatures are believed as far as they verify; rows say where to look.
 */
import { decideReview, type PastGlass, type ReviewSignature, whyNoFurtherGlass } from '../core/review.ts';
import { type ControlReader, readControl } from './read-control.ts';
import type { ReviewRow, Store } from './store.ts';

export interface ReviewReader extends ControlReader {
  store: Pick<Store, 'listControl' | 'listReviews'>;
}

export interface KnownReview extends ReviewRow {
  /** All that verify, of whomever. */
  signed: ReviewSignature[];
}

/** More are nobody's honest doing: uses are few a day. */
const mostReviews = 10_000;

/** Newest first. @param principals absent: of everybody */
export async function readReviews(reader: ReviewReader, principals?: readonly string[]): Promise<KnownReview[]> {
  const rows = await reader.store.listReviews({ ...(principals ? { principals } : {}), limit: mostReviews });
  if (rows.length === 0) return [];
  const signatures = await readControl(reader, ['review-signature']);
  return rows.map((row) => ({ ...row, signed: signatures.filter(({ nonce }) => nonce === row.nonce) }));
}

/** A person by all their names, and how names of people are told apart. */
export interface Breaker {
  names: readonly string[];
  personOf: (name: string) => string;
}

/** Why a person may not break the glass for a request; undefined where they may. */
export async function whyNoBreakGlass(
  reader: ReviewReader,
  { names, personOf }: Breaker,
  use: { nonce: string; now: number; perDay: number },
): Promise<string | undefined> {
  const past = (await readReviews(reader, names)).map(
    (one): PastGlass => ({ ...one, state: decideReview(one, one.signed, { personOf }).state }),
  );
  return whyNoFurtherGlass(past, use);
}
