/** The shape of `cases.yaml` and its like: what a case may do, with everything that is left out filled in. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { abilities, deliveryFlaws, forgeries, setups } from './driver.ts';

const run = z.string().default('run');
const verdict = z.enum(['approve', 'deny']).default('approve');
const expected = z.enum(['counted', 'duplicate', 'late', 'refused', 'any']).default('counted');

const voteSchema = z.strictObject({
  by: z.string(),
  run,
  /** Target of the call. */
  on: z.string().default('a'),
  verdict: z.enum(['approve', 'deny', 'break-glass']).default('approve'),
  /** The card of the call with this target, or of none. */
  version: z.string().optional(),
  stop: z.boolean().optional(),
  confirmation: z.string().optional(),
  grant: z
    .union([
      z.literal('as-proposed'),
      z.strictObject({ like: z.string(), uses: z.int().default(1), everywhere: z.boolean().default(false) }),
    ])
    .optional(),
  expect: expected,
});
export type VoteStep = z.infer<typeof voteSchema>;

const editSchema = z.strictObject({
  by: z.string(),
  run,
  /** Target of the call, and what it is edited to. */
  on: z.string().default('a'),
  to: z.string(),
  version: z.string().optional(),
  expect: expected,
});
export type EditStep = z.infer<typeof editSchema>;
const deliverySchema = z.strictObject({
  run,
  on: z.string().default('a'),
  verdict,
  of: z.string().optional(),
  flaw: z.enum(deliveryFlaws).optional(),
  expect: expected,
});

const restart = z.strictObject({});

const steps = {
  start: z.strictObject({
    as: run,
    by: z.string().default('rita'),
    onBehalfOf: z.string().optional(),
    /** Targets by turn; a number: so many calls in one turn, with targets t1, t2, … */
    turns: z.array(z.union([z.array(z.string()), z.int()])).default([['a']]),
    /** Requests to wait for. @default those of the first turn */
    asks: z.int().optional(),
  }),
  vote: voteSchema,
  race: z.array(z.union([voteSchema, z.strictObject({ edit: editSchema }), z.strictObject({ restart })])).min(2),
  edit: editSchema,
  /** Waits until a further request with this target is pending. */
  again: z.string(),
  withdraw: z.string(),
  revoke: z.strictObject({ by: z.string(), on: z.string(), run }),
  review: z.strictObject({ by: z.string(), on: z.string().default('a'), run, expect: expected }),
  /** So many reviews of what was answered alone wait for others. */
  reviews: z.strictObject({ run, open: z.int() }),
  /** Waits until a call of this target is asked about. */
  asks: z.strictObject({ run, on: z.string() }),
  deliver: deliverySchema,
  forge: z.enum(forgeries),
  demote: z.string(),
  skew: z.int(),
  lose: z.strictObject({}),
  /** Waits until nobody could be told of the request of target `a`. */
  untold: z.strictObject({}),
  kill: z.enum(['executor', 'all']),
  restart,
  /** Waits until the deadline of what is pending has passed. */
  deadline: z.strictObject({}),
  cancel: z.strictObject({ run }),
  reset: z.strictObject({ run }),
  newLink: z.strictObject({ run }),
  ended: z.strictObject({ run, outcome: z.string().optional() }),
  /** So many requests are pending, and nothing has happened. */
  stays: z.strictObject({ run, requests: z.int().default(1) }),
  /** So many requests were made in all. */
  asked: z.int(),
  /** An answer to the request of target `a` is for so many calls. */
  times: z.int(),
  /** Waits until the call of this target has happened. */
  happened: z.string(),
  /** Answers whatever is asked until the run has ended. */
  rest: z.strictObject({ run, by: z.string(), verdict }),
};

export type Step = {
  [Kind in keyof typeof steps]: { kind: Kind; step: z.infer<(typeof steps)[Kind]> };
}[keyof typeof steps];

const stepSchema = z.record(z.string(), z.unknown()).transform((written, context): Step => {
  const [kind = '', ...more] = Object.keys(written);
  const schema = Object.hasOwn(steps, kind) ? steps[kind as keyof typeof steps] : undefined;
  const parsed = more.length === 0 ? schema?.safeParse(written[kind]) : undefined;
  if (parsed?.success) return { kind, step: parsed.data } as Step;
  context.addIssue({
    code: 'custom',
    message: `"${kind}" is no step: ${parsed?.error?.message ?? 'expected one of them'}`,
  });
  return z.NEVER;
});

const caseSchema = z.strictObject({
  id: z.string().regex(/^[a-z-]+$/),
  title: z.string(),
  setup: z.enum(setups).default('one'),
  /** Roles by name; `service`: no person. */
  people: z
    .record(z.string(), z.array(z.string()))
    .default({ rita: ['operator'], olga: ['operator'], pete: ['operator'] }),
  steps: z.array(stepSchema).min(1),
  /** Of all runs together, in the order of the runs. */
  effects: z.array(z.string()),
  /** Where a race decides: what may have happened instead. */
  or: z.array(z.string()).optional(),
  needs: z.array(z.enum(abilities)).default([]),
  /** Not beside other cases: it does something to all of them. */
  serial: z.boolean().default(false),
  /** After all others: what is played beside it would wait for it until it is late. */
  alone: z.boolean().default(false),
});
export type Case = z.infer<typeof caseSchema>;

export function readCases(): Case[] {
  const files = ['cases.yaml', 'edit-cases.yaml', 'break-glass-cases.yaml'].map(
    (name) => new URL(name, import.meta.url),
  );
  return files.flatMap((file) => z.array(caseSchema).parse(parse(readFileSync(file, 'utf8'))));
}
