/** What Postgres says, in our codes: a closed list means "not now", and nothing else does. */
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { CountersignError } from '../../../core/errors.ts';
import { faultOf, mayRunAgain, toStoreError } from '../../../store/postgres/postgres-errors.ts';

function told(state: string): unknown {
  const error = new pg.DatabaseError('a row (with its value)', 1, 'error');
  error.code = state;
  error.detail = 'Failing row contains (a value).';
  return toStoreError(faultOf(error));
}

describe('states of Postgres', () => {
  it.each([
    '08000',
    '08006',
    '28P01',
    '28000',
    '3D000',
    '53100',
    '53200',
    '53300',
    '57P01',
    '57P02',
    '57P03',
    '57014',
    '55P03',
    '25006',
    '25P03',
    '25P04',
    '58030',
    '40001',
    '40P01',
  ])('%s is not now', (state) => {
    expect(told(state)).toMatchObject({ code: 'store-unavailable' });
  });

  it.each([
    ['23503', 'not-found'],
    ['42501', 'config-invalid'],
    ['23505', 'internal-fault'],
    ['23502', 'internal-fault'],
    ['42P01', 'internal-fault'],
    ['22001', 'internal-fault'],
    ['25P02', 'internal-fault'],
    ['P0001', 'internal-fault'],
    ['XX000', 'internal-fault'],
    ['XX001', 'internal-fault'],
  ])('%s is %s', (state, code) => {
    expect(told(state)).toMatchObject({ code });
  });

  it.each(['57014', '23502', '42501'])('%s tells no value of a row', (state) => {
    const error = told(state) as CountersignError;
    expect(`${error.message} ${String(error.cause)} ${JSON.stringify(error.cause)}`).not.toContain('value');
  });

  it('only conflicts run again: serialization, deadlock, a row that somebody else committed first', () => {
    const fault = (state: string) => Object.assign(new pg.DatabaseError('x', 1, 'error'), { code: state });
    const states = ['40001', '40P01', '23505', '23503', '57014', '55P03', '42501', '08006', '57P01'];
    expect(states.filter((state) => mayRunAgain(faultOf(fault(state))))).toEqual(['40001', '40P01', '23505']);
  });

  it('a broken connection is not now, with its code and nothing of its text', () => {
    const broken = Object.assign(new Error('connect to secret.example failed'), { code: 'ECONNREFUSED' });
    const error = toStoreError(faultOf(broken)) as CountersignError;
    expect(error).toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(error.message).not.toContain('secret');
  });

  it('an error of our own stays what it is', () => {
    const own = new CountersignError('conflict', 'Cannot do it: it is done, expected not; stop');
    expect(toStoreError(own)).toBe(own);
    const defect = new TypeError('undefined is not a function');
    expect(toStoreError(defect)).toBe(defect);
  });
});
