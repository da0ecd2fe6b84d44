/** The URL of a Postgres store: what it may say, and that nothing of it is repeated when it is refused. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeStore, readStoreLocation } from '../../../store/index.ts';
import { readConfig } from '../../../worker/config.ts';

describe('location of the store', () => {
  it.each([
    ['postgres://agent@db.example:6543/countersign', { host: 'db.example', port: 6543, user: 'agent', tls: {} }],
    ['postgresql://agent@db.example/countersign', { port: 5432, tls: { rootFile: null } }],
    ['postgres://agent@db/c?sslmode=verify-full&sslrootcert=/ca.pem', { tls: { rootFile: '/ca.pem' } }],
    ['postgres://agent@db/c?sslcert=/c.pem&sslkey=/k.pem', { tls: { certificateFile: '/c.pem', keyFile: '/k.pem' } }],
    ['postgres://agent@db/c?sslmode=disable', { tls: null }],
    ['postgres://agent@127.0.0.1/c', { host: '127.0.0.1', tls: null }],
    ['postgres://agent@localhost/c', { tls: null }],
    ['postgres://agent@[::1]/c', { host: '::1', tls: null }],
    ['postgres://agent@[2001:db8::1]/c', { host: '2001:db8::1', tls: {} }],
    ['postgres://agent@localhost/c?host=/run/postgresql', { host: '/run/postgresql', tls: null }],
    ['postgres://agent@127.0.0.1/c?sslmode=verify-full', { tls: {} }],
    ['postgres://a%40b@db/c%2Fd', { user: 'a@b', database: 'c/d' }],
  ])('%s', (url, expected) => {
    expect(readStoreLocation(url, '/password')).toMatchObject({
      kind: 'postgres',
      passwordFile: '/password',
      ...expected,
    });
  });

  it.each([
    'postgres://agent:SECRET@db/c',
    'postgres://db/SECRET',
    'postgres://agent@db',
    'postgres://agent@db/',
    'postgres://agent@/SECRET',
    'postgres://agent@db/c?sslmode=require&x=SECRET',
    'postgres://agent@db/c?sslmode=prefer',
    'postgres://agent@db/c?sslmode=verify-ca',
    'postgres://agent@db/c?sslmode=no-verify',
    'postgres://agent@db/c?sslmode=',
    'postgres://agent@db/c?sslmode=verify-full&sslmode=disable',
    'postgres://agent@db/c?password=SECRET',
    'postgres://agent@db/c?sslmode=disable&sslrootcert=/SECRET.pem',
    'postgres://agent@db/c?sslkey=/SECRET.pem',
    'postgres://agent@db/c?options=-c%20search_path%3DSECRET',
    'postgres://agent@db:99999/SECRET',
    'postgres://a%ZZ@db/SECRET',
  ])('%s is refused without a word of it', (template) => {
    const secret = randomBytes(9).toString('hex');
    const url = template.replace('SECRET', secret);
    for (const read of [() => readStoreLocation(url, null), () => readConfig({ COUNTERSIGN_STORE: url })]) {
      expect(read).toThrow(expect.objectContaining({ code: 'config-invalid' }));
      expect(read).not.toThrow(secret);
      expect(read).toThrow('COUNTERSIGN_STORE');
    }
  });

  it('is a file in the state folder where nothing is said, and any other path', () => {
    const file = (environment: Record<string, string>) => readConfig(environment).storeLocation;
    expect(file({ COUNTERSIGN_STATE: '/state' })).toEqual({ kind: 'sqlite', file: '/state/store/countersign.db' });
    expect(file({ COUNTERSIGN_STORE: '/data/store.db' })).toEqual({ kind: 'sqlite', file: '/data/store.db' });
    expect(() => file({ COUNTERSIGN_STORE: 'mysql://db/c' })).toThrow('postgres://');
  });

  it('is described without the files that open it', () => {
    const location = readStoreLocation('postgres://agent@db/c?sslcert=/c.pem&sslkey=/k.pem', '/password');
    expect(describeStore(location)).toBe('database c on db:5432 as agent, TLS');
  });
});
