/** Each place of secrets of the table asks where it is read, from wherever; what only looks like one is read in silence. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classifyShell } from '../../../../guards/shell/index.ts';
import { readSecretPlaces, secretPlacesText } from '../../../../scripts/secret-place-table.ts';

const verdictOf = (command: string): string => classifyShell(command).verdict;

describe.each(readSecretPlaces())('places of secrets of $of', ({ cases: { secret, plain } }) => {
  it.each(secret)('asks for %s', (path) => {
    expect(verdictOf(`cat ${path}`)).toBe('ask');
    expect(verdictOf(`base64 < ${path.toUpperCase()}`)).toBe('ask');
    const at = path.lastIndexOf('/');
    expect(verdictOf(`cd ${path.slice(0, Math.max(at, 0)) || '.'} && head -c 99 ${path.slice(at + 1)}`)).toBe('ask');
  });

  it.each(plain)('reads %s in silence', (path) => {
    expect(verdictOf(`cat ${path}`)).toBe('allow');
  });
});

it('secret-places.json is what the table says: npm run tables writes it', () => {
  const shipped = new URL('../../../../guards/shell/secret-places.json', import.meta.url);
  expect(JSON.parse(readFileSync(shipped, 'utf8'))).toEqual(JSON.parse(secretPlacesText()));
});
