/** Reads the product's database with SQLite alone, so that the judge shares no code with what it judges. It never writes. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

export interface SettledDoubt {
  callKey: string;
  try: number;
  /** What the receipt of its void said. */
  voided: string | null;
  /** What the tool's probe said, null where nobody asked it. */
  probe: string | null;
}

export interface DatabaseEyes {
  decisionDigests(): string[];
  /** Executions that were under way when their row was made void. */
  doubts(): SettledDoubt[];
  /** How the request of a nonce ended; undefined where there is none. */
  outcomeOf(nonce: string): string | null | undefined;
  hasVote(digest: string): boolean;
  close(): void;
}

export function openDatabaseEyes(stateFolder: string): DatabaseEyes {
  const database = new Database(join(stateFolder, 'store', 'countersign.db'), { readonly: true });
  const receipt = (purpose: string, field: string): string =>
    `(SELECT json_extract(receipt, '$.body.${field}') FROM receipts r WHERE r.call_key = f.call_key AND r.try = f.try
      AND r.purpose = '${purpose}' ORDER BY ordinal DESC LIMIT 1)`;
  const doubts = database.prepare<[], SettledDoubt>(
    `SELECT call_key AS callKey, try, ${receipt('void', 'outcome')} AS voided, ${receipt('probe', 'probe')} AS probe
     FROM fences f WHERE state = 'void' AND voided_from = 'executing' AND voided_by = 'gate'`,
  );
  const digests = database.prepare<[], { digest: string }>('SELECT digest FROM decisions');
  const outcome = database.prepare<[string], { outcome: string | null }>('SELECT outcome FROM asks WHERE nonce = ?');
  const vote = database.prepare<[string], unknown>('SELECT 1 FROM votes WHERE digest = ?');
  return {
    decisionDigests: () => digests.all().map(({ digest }) => digest),
    doubts: () => doubts.all(),
    outcomeOf: (nonce) => outcome.get(nonce)?.outcome,
    hasVote: (digest) => vote.get(digest) !== undefined,
    close: () => void database.close(),
  };
}
