/** Control records: numbered without gaps, signed inside the transaction. */
import { describe, expect, it } from 'vitest';
import { aControl } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';

const freeze = (sequence: number) => aControl({ kind: 'freeze', sequence, by: 'ann', reason: 'test' });
const revocation = (sequence: number) => aControl({ kind: 'api-key-revocation', sequence, keyId: 'k', by: 'ann' });

export function controlConformance(current: CurrentHarness): void {
  describe('control records', () => {
    it('are numbered in order by two connections at once', async () => {
      const { store, another } = current();
      const other = await another();
      const appended = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).appendControl(revocation)),
      );
      await other.close();
      const sequences = appended.map(({ body }) => body.sequence).toSorted((a, b) => a - b);
      const [first = 0] = sequences;
      expect(sequences).toEqual(sequences.map((_, index) => first + index));
      const listed = await store.listControl(['api-key-revocation']);
      expect(listed.slice(-20).map(({ body }) => body.sequence)).toEqual(sequences);
    });

    it('use no number when signing fails or signs another number', async () => {
      const { store } = current();
      const before = await store.appendControl(revocation);
      const failing = store.appendControl(() => {
        throw new Error('no key');
      });
      await expect(failing).rejects.toThrow('no key');
      await expect(store.appendControl((sequence) => revocation(sequence + 1))).rejects.toMatchObject({
        code: 'internal-fault',
      });
      const after = await store.appendControl(revocation);
      expect(after.body.sequence).toBe(before.body.sequence + 1);
    });

    it('are listed by kind, and freezes give the freeze epoch', async () => {
      const { store } = current();
      const frozen = await store.appendControl(freeze);
      await store.appendControl(revocation);
      expect(await store.freezeEpoch()).toBe(frozen.body.sequence);
      expect((await store.listControl(['freeze'])).at(-1)).toEqual(frozen);
      expect(await store.listControl([])).toEqual([]);
    });
  });
}
