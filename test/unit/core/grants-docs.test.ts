/** Runs docs/grants.md: its policy loads, and its patterns and its grant cover what the page says, for the reasons it says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { canonicalJson } from '../../../core/canonical-json.ts';
import type { Grant } from '../../../core/contracts/grant.ts';
import { labelSchema, riskSchema } from '../../../core/contracts/labels.ts';
import { digestText } from '../../../core/digest.ts';
import { isLike } from '../../../core/grant/match-text.ts';
import { type AskedCall, whyNotCovered } from '../../../core/grant/why-not-covered.ts';
import { ask, askBody } from '../../vectors/samples.ts';
import { loaded } from '../policy/policy-fixtures.ts';

const page = readFileSync(new URL('../../../docs/grants.md', import.meta.url), 'utf8');
const block = (kind: string): string => new RegExp(`^\`\`\`yaml ${kind}\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? '';

const patterns = z
  .array(z.strictObject({ pattern: z.string(), text: z.string(), like: z.boolean() }))
  .min(5)
  .parse(parse(block('patterns')));
const rules = z.array(z.string());
const labels = z.array(labelSchema);
const patternSchema = z.union([
  z.strictObject({ like: z.array(z.string()) }).transform(({ like }) => ({ kind: 'like' as const, globs: like })),
  z
    .strictObject({ exactly: z.unknown() })
    .transform(({ exactly }) => ({ kind: 'exactly' as const, json: canonicalJson(exactly) })),
]);
const covered = z
  .strictObject({
    grant: z.strictObject({
      tool: z.string(),
      arguments: z.record(z.string(), patternSchema),
      rules,
      labels,
      risk: riskSchema,
    }),
    calls: z
      .array(
        z.strictObject({
          args: z.record(z.string(), z.unknown()),
          rules: rules.default(['restarts']),
          labels: labels.default(['operator']),
          risk: riskSchema.default('medium'),
          try: z.int().default(1),
          epoch: z.int().default(0),
          why: z.string().optional(),
        }),
      )
      .min(5),
  })
  .parse(parse(block('covered')));

describe('docs/grants.md', () => {
  const terms = loaded(block('policy')).terms.get('default');
  const { askedAt, deadlineAt, nonce, approvalId, cardDigest, termsDigest } = ask;
  const workflowId = askBody.workflowId;
  const tool = { name: covered.grant.tool, definitionDigest: digestText('tool-definition', 'as it was') };
  if (!terms?.grants) throw new TypeError('the policy of the page allows no grants');
  const grant: Grant = {
    ...covered.grant,
    tool,
    grantId: 'k3v9x0a1b2c3',
    proposedBy: 'bob',
    agent: 'ops',
    environment: 'production',
    scope: 'run',
    uses: 5,
    grantedAt: askedAt,
    expiresAt: askedAt + terms.grants.ttlMs,
    request: {
      workflowId,
      callKey: askBody.callKey,
      approvalId,
      nonce,
      askDigest: digestText('decision', 'the ask'),
      cardDigest,
      termsDigest,
      terms,
      askedAt,
      deadlineAt,
    },
  };

  it.each(patterns)('$pattern, $text: $like', ({ pattern, text, like }) => {
    expect(isLike(pattern, text)).toBe(like);
  });

  it.each(covered.calls)(
    '$args: $why',
    ({ args, rules: asking, labels: carried, risk, try: tryNumber, epoch, why }) => {
      const call: AskedCall = {
        workflowId,
        runEpoch: epoch,
        agent: 'ops',
        environment: 'production',
        tool,
        arguments: args,
        try: tryNumber,
        rules: asking,
        labels: carried,
        risk,
        terms,
        now: askedAt,
      };
      expect(whyNotCovered(grant, call)).toBe(why);
    },
  );

  it('shows commands that the program has', () => {
    for (const name of ['approve', 'grants list', 'grants show', 'grants revoke']) {
      expect(page).toContain(`countersign ${name}`);
    }
  });
});
