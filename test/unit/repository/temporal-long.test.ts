/** Temporal's worker reads times as 64-bit Longs; under wrong module conditions protobufjs finds no `long` and no run starts. */
import { createRequire } from 'node:module';
import type * as TemporalProto from '@temporalio/proto';
import { expect, it } from 'vitest';
import { z } from 'zod';

const longSchema = z.object({ low: z.number(), high: z.number() });

it('Temporal’s protobuf reads 64-bit integers as Long under this runner', () => {
  const proto: typeof TemporalProto = createRequire(import.meta.url)('@temporalio/proto');
  const { Timestamp } = proto.google.protobuf;
  const decoded = Timestamp.decode(Timestamp.encode(Timestamp.create({})).finish());
  expect(longSchema.safeParse(Timestamp.fromObject({ seconds: 5 }).seconds).success).toBe(true);
  expect(decoded).toBeDefined();
});
