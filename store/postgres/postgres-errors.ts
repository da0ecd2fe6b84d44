/**
 * What Postgres and the way to it say, in our codes. Only a closed list of states means "not now" (`store-unavailable`); a
 * state that is not in it is a defect or a wrong setting. Postgres's own texts quote rows and values, so none is passed on.
 */
import pg from 'pg';
import { codeOf, CountersignError } from '../../core/errors.ts';

/** A statement that Postgres refused. Its message names no value. */
export class StatementFault extends Error {
  /** SQLSTATE, five characters. */
  readonly state: string;

  constructor({ code = 'XX000', constraint, table, routine }: pg.DatabaseError) {
    const where = [constraint ?? table, routine].filter((part) => part !== undefined);
    super(`SQLSTATE ${code}${where.length > 0 ? ` (${where.join(', ')})` : ''}`);
    this.state = code;
  }
}

/** The connection is gone, or could not be made: nobody said what became of the statement under way. */
export class ConnectionFault extends Error {}

/** Wraps what the driver throws, so that faults of the database and faults of our own code stay apart. */
export function faultOf(error: unknown): StatementFault | ConnectionFault {
  if (error instanceof pg.DatabaseError) {
    return endsSession(error.code ?? '') ? new ConnectionFault(wordOf(error)) : new StatementFault(error);
  }
  return new ConnectionFault(wordOf(error));
}

/** Serialization failure, deadlock, or a unique row that another transaction committed first: the same work may now succeed. */
export function mayRunAgain(error: unknown): boolean {
  return error instanceof StatementFault && ['40001', '40P01', '23505'].includes(error.state);
}

/**
 * Not now: shutdown, crash and start-up (57P01–57P03), a statement or lock that took too long (57014, 55P03), a server
 * without room (class 53), one that only reads (25006: a standby after a failover), a fault of its disk (58030), a login that
 * is refused (class 28, 3D000: passwords change while processes run), and conflicts that did not go away (40001, 40P01).
 */
const unavailableStates = /^(?:08...|28...|3D000|53...|57P0[1-5]|57014|55P03|25006|25P0[34]|58030|40001|40P01)$/u;

/** The server ends the connection with these: nothing of the open transaction stays. */
function endsSession(state: string): boolean {
  return /^(?:08...|57P0[1-5]|25P0[34])$/u.test(state);
}

export function toStoreError(error: unknown): unknown {
  if (error instanceof ConnectionFault) return unavailable(error.message, error);
  if (!(error instanceof StatementFault)) return error;
  const { state } = error;
  if (unavailableStates.test(state)) return unavailable(`it answered ${state}`, error);
  if (state === '23503') {
    return new CountersignError(
      'not-found',
      'Cannot store a record: its run is unknown, expected a claimed run; open the run first',
      { cause: error },
    );
  }
  if (state === '42501') {
    return new CountersignError(
      'config-invalid',
      'Cannot use the "store": its database role may not do this, expected the role of this process; correct COUNTERSIGN_STORE, or run "countersign setup" again',
      { cause: error },
    );
  }
  return new CountersignError(
    'internal-fault',
    `Cannot use the "store": ${error.message}, expected no conflict; this is a defect`,
    { cause: error },
  );
}

export function unavailable(found: string, cause?: unknown): CountersignError {
  return new CountersignError(
    'store-unavailable',
    `Cannot use the "store": ${found}, expected a database that answers; check the server, the way to it and who else uses it`,
    { cause },
  );
}

/** Short and without anything that a server or a file may have put into it. */
function wordOf(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined) return `its connection failed (${code})`;
  if (error instanceof Error && error.message === 'The server does not support SSL connections') {
    return 'its server offers no TLS';
  }
  return 'its connection failed';
}
