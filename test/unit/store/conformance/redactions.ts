/** What redaction took out: kept once, handed out as it lies there, for one run and one mark. */
import { describe, expect, it } from 'vitest';
import { redactionKeyOf } from '../../../../keys/index.ts';
import { someTimeAt, workflowIdOf } from '../../../support/signed-objects.ts';
import type { CurrentHarness } from '../conformance.ts';

const key = redactionKeyOf(new Uint8Array(32).fill(7));
const sealed = (run: number, mark: string, secret: string) =>
  key.seal({ workflowId: workflowIdOf(run), mark, secret }, someTimeAt);

export function redactionConformance(current: CurrentHarness): void {
  describe('redactions', () => {
    it('are kept once each, and listed by run and mark', async () => {
      const { store, another } = current();
      const [one, two, other] = [sealed(9001, 'a:0001', 'x'), sealed(9001, 'b:0002', 'y'), sealed(9002, 'a:0001', 'x')];
      await store.keepRedactions([one, two]);
      const second = await another();
      // The same secrets, sealed anew by another process: the rows that are there stay.
      await second.keepRedactions([sealed(9001, 'a:0001', 'x'), sealed(9001, 'b:0002', 'y')]);
      await second.keepRedactions([other]);
      await second.keepRedactions([]);
      await second.close();
      expect(await store.listRedactions({ workflowId: workflowIdOf(9001), limit: 10 })).toEqual([one, two]);
      expect(await store.listRedactions({ workflowId: workflowIdOf(9001), mark: 'b:0002', limit: 10 })).toEqual([two]);
      expect(await store.listRedactions({ workflowId: workflowIdOf(9001), limit: 1 })).toEqual([one]);
      expect(await store.listRedactions({ workflowId: workflowIdOf(9003), limit: 10 })).toEqual([]);
    });

    it('of one mark may be several', async () => {
      const { store } = current();
      const rows = [sealed(9004, 'a:0001', 'x'), sealed(9004, 'a:0001', 'y')];
      await store.keepRedactions(rows);
      const listed = await store.listRedactions({ workflowId: workflowIdOf(9004), mark: 'a:0001', limit: 10 });
      expect(listed.map((row) => key.open(row))).toEqual(
        rows.toSorted((a, b) => (a.entry < b.entry ? -1 : 1)).map((row) => key.open(row)),
      );
      expect(listed).toHaveLength(2);
    });
  });
}
