/**
 * A grant as somebody proposes it, made from the request that the gate signed: each argument is exactly what it is there unless it
 * was named, and nothing goes beyond what the terms of the request allow. It records nothing.
 */
import { randomInt } from 'node:crypto';
import type { ProposedGrant } from '../../client/grant-schemas.ts';
import { canonicalJson, parseStrictJson } from '../../core/canonical-json.ts';
import type { GrantCap } from '../../core/contracts/approval.ts';
import type { ArgumentPattern, Grant } from '../../core/contracts/grant.ts';
import { type Risk, riskSchema } from '../../core/contracts/labels.ts';
import { whyOtherArguments } from '../../core/grant/match-arguments.ts';
import { whyNoPattern } from '../../core/grant/match-text.ts';
import { cannot } from '../answerable.ts';
import { wholeArguments } from '../last-approved.ts';
import type { GatewayContext } from '../options.ts';
import { refuseSecrets } from '../refuse-secrets.ts';
import type { Voter } from '../seal-vote.ts';
import type { OpenedAsk } from '../verified.ts';
import { type GrantableAsk } from './grantable.ts';

/** @throws {CountersignError} `forbidden` for more than its terms allow; `input-invalid`; `input-refused` with a secret in it */
export async function buildGrant(
  gateway: GatewayContext,
  { ask, cap, rules }: GrantableAsk,
  { principal }: Voter,
  proposed: ProposedGrant,
): Promise<Grant> {
  const { body, card, row } = ask;
  const { definitionDigest } = body.tool;
  if (definitionDigest === null) throw cannot('forbidden', ask, 'its tool has no definition', 'one', 'deny it');
  const grantedAt = gateway.clock.now();
  const { nonce, approvalId, cardDigest, termsDigest, terms, askedAt, deadlineAt } = body.ask;
  const grant: Grant = {
    grantId: makeGrantId(),
    proposedBy: principal,
    agent: card.agent,
    environment: card.environment,
    scope: proposed.scope ?? 'run',
    tool: { name: card.tool, definitionDigest },
    arguments: await patternsOf(gateway, ask, proposed),
    rules,
    labels: [...new Set(proposed.labels ?? body.labels)].toSorted(),
    risk: proposed.risk ?? body.risk,
    uses: proposed.uses,
    grantedAt,
    expiresAt: grantedAt + proposed.ttlMs,
    request: {
      workflowId: body.workflowId,
      callKey: body.callKey,
      approvalId,
      nonce,
      askDigest: row.askDigest,
      cardDigest,
      termsDigest,
      terms,
      askedAt,
      deadlineAt,
    },
  };
  requireWithin(ask, cap, grant);
  return grant;
}

const longestArguments = 16_384;

/** Every argument of the request: what is not named must be exactly the same. */
async function patternsOf(
  gateway: GatewayContext,
  ask: OpenedAsk,
  { arguments: named = {} }: ProposedGrant,
): Promise<Grant['arguments']> {
  const text = await wholeArguments(gateway, ask.card);
  const parsed = text !== null && text.length <= longestArguments ? parseStrictJson(text) : undefined;
  if (
    parsed?.kind !== 'value' ||
    typeof parsed.value !== 'object' ||
    parsed.value === null ||
    Array.isArray(parsed.value)
  ) {
    const is = `its arguments are longer than ${longestArguments} characters, or cannot be read whole`;
    throw cannot('input-invalid', ask, is, 'arguments that a grant can repeat', 'approve it alone');
  }
  const args = parsed.value;
  await refuseSecrets(gateway, 'the grant', JSON.stringify(named));
  const patterns: Record<string, ArgumentPattern> = {};
  for (const [name, value] of Object.entries(args)) patterns[name] = { kind: 'exactly', json: canonicalJson(value) };
  for (const [name, pattern] of Object.entries(named)) {
    if (!Object.hasOwn(args, name)) {
      const names = Object.keys(args).join(', ') || 'none';
      throw cannot('input-invalid', ask, `it has no argument "${name}"`, `one of ${names}`, 'correct the name');
    }
    patterns[name] = patternOf(ask, name, pattern);
  }
  const other = whyOtherArguments(patterns, args);
  if (other === undefined) return patterns;
  throw cannot('input-invalid', ask, `its own ${other}`, 'a grant that covers this call, too', 'widen the pattern');
}

function patternOf(
  ask: OpenedAsk,
  name: string,
  pattern: NonNullable<ProposedGrant['arguments']>[string],
): ArgumentPattern {
  if ('oneOf' in pattern) return { kind: 'one-of', json: pattern.oneOf.map((value) => canonicalJson(value)) };
  const wrong = pattern.like.map(whyNoPattern).find((why) => why !== undefined);
  if (wrong === undefined) return { kind: 'like', globs: pattern.like };
  const is = `the pattern of argument "${name}" cannot be used: ${wrong}`;
  throw cannot('input-invalid', ask, is, 'a pattern such as "web-*"', 'correct it');
}

/** @throws {CountersignError} `forbidden` for more than its terms allow */
function requireWithin(ask: OpenedAsk, cap: GrantCap, { uses, grantedAt, expiresAt, risk, scope }: Grant): void {
  const beyond = (what: string, most: string): never => {
    throw cannot('forbidden', ask, `the grant is for ${what}`, `at most ${most} by its terms`, 'ask for less');
  };
  if (uses > cap.uses) beyond(`${uses} uses`, `${cap.uses} uses`);
  if (expiresAt - grantedAt > cap.ttlMs) beyond(`${(expiresAt - grantedAt) / 1000} s`, `${cap.ttlMs / 1000} s`);
  if (isAbove(risk, cap.risk)) beyond(`risk ${risk}`, `risk ${cap.risk}`);
  if (isAbove(ask.body.risk, risk))
    beyond(`risk ${risk}, and this call is of risk ${ask.body.risk}`, `risk ${cap.risk}`);
  if (scope === 'agent' && cap.scope !== 'agent') beyond('every run of the agent', 'this run');
}

function isAbove(risk: Risk, ceiling: Risk): boolean {
  return riskSchema.options.indexOf(risk) > riskSchema.options.indexOf(ceiling);
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

function makeGrantId(): string {
  return Array.from({ length: 12 }, () => letters.charAt(randomInt(letters.length))).join('');
}
