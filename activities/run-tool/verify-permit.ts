/**
 * Step 1, the permit against the facts: signature, domain, audience; run, link, activity, queue; purpose; arguments and
 * tool recomputed; its times on this worker's own clock. Reads no store: freeze, votes and the run's standing come after.
 */
import { z } from 'zod';
import type { RunToolInput } from '../../core/contracts/activities.ts';
import { type PermitBody, type SignedDecision, signedDecisionSchema } from '../../core/contracts/decision.ts';
import { activityIdOf, parseCallKey } from '../../core/contracts/call-names.ts';
import { digestJson, digestText } from '../../core/digest.ts';
import { openEnvelope } from '../../core/envelope.ts';
import type { RegisteredTool } from '../../tools/registry.ts';
import type { ActivityFacts } from './activity-facts.ts';
import type { RunToolDependencies } from './dependencies.ts';
import { type NotRun, notRun, type RunToolRefusalCode } from './refusals.ts';

/** A permit that verifies, with what it permits. */
export interface Permitted {
  kind: 'permitted';
  permit: PermitBody;
  permitDigest: string;
  argumentsDigest: string;
  /** Null for purpose `void`, which needs no tool: a row must be closable when its tool is gone. */
  tool: RegisteredTool | null;
  /** Frozen; exactly what was hashed. */
  value: unknown;
  /** RFC 8785 text of the arguments. */
  canonical: string;
}

export type PermitVerdict =
  | Permitted
  | {
      kind: 'rejected';
      result: NotRun;
      /** Set when permit and arguments are genuine and of this run: its row, if any, has the last word. */
      own: { permit: PermitBody; argumentsDigest: string } | null;
    };

const inputShape = z.looseObject({ permit: z.unknown(), arguments: z.string() });

/** @param input what somebody scheduled the activity with: anything at all. */
export function verifyPermit(
  dependencies: RunToolDependencies,
  facts: ActivityFacts,
  input: RunToolInput,
): PermitVerdict {
  const now = dependencies.clock.now();
  if (!inputShape.safeParse(input).success) return rejected('permit-forged');
  const genuine = openPermit(dependencies, input.permit);
  if (!genuine) return rejected('permit-forged');
  const { body } = genuine;
  if (body.verdict !== 'allow') return rejected('not-a-permit');
  if (body.workflowId !== facts.workflowId || parseCallKey(body.callKey).workflowId !== facts.workflowId) {
    return rejected('other-run');
  }
  // Hashed as it came, before anything parses it: the parser never sees bytes that nobody permitted.
  const argumentsDigest = digestText('arguments', input.arguments);
  if (argumentsDigest !== body.argumentsDigest) return rejected('other-arguments');

  const reject = (code: RunToolRefusalCode): PermitVerdict => rejected(code, { permit: body, argumentsDigest });
  if (body.linkRunId !== facts.linkRunId) return reject('other-link');
  if (body.activityId !== facts.activityId) return reject('other-activity');
  if (body.taskQueue !== facts.taskQueue) return reject('other-queue');
  const named = activityIdOf({ ...body, tool: body.tool.name, argumentsDigest });
  if (named !== body.activityId) return reject('other-call');
  if (genuine.expiresAt === undefined) return reject('permit-endless');
  if (genuine.notBefore !== undefined && now < genuine.notBefore) return reject('permit-early');
  if (now > genuine.expiresAt) return reject('permit-expired');
  if (body.approval && now > body.approval.executeByAt) return reject('approval-stale');
  if (body.grant && now > body.grant.executeByAt) return reject('grant-ended');
  if (dependencies.minimumBuild && !dependencies.minimumBuild(body.buildId)) return reject('old-build');

  const permitted = {
    kind: 'permitted' as const,
    permit: body,
    permitDigest: digestJson('decision', genuine),
    argumentsDigest,
  };
  if (body.purpose === 'void') return { ...permitted, tool: null, value: null, canonical: input.arguments };
  const tool = dependencies.tools.get(body.tool.name);
  if (!tool || tool.definitionDigest !== body.tool.definitionDigest) return reject('tool-changed');
  if (!canDo(tool, body)) return reject('other-purpose');
  const parsed = tool.parseArguments(input.arguments);
  if (parsed.kind === 'invalid' || parsed.canonical !== input.arguments) return rejected('other-arguments');
  return { ...permitted, tool, value: parsed.value, canonical: parsed.canonical };
}

function canDo(tool: RegisteredTool, { purpose, dryRunTool }: PermitBody): boolean {
  if (purpose === 'probe') return tool.probe !== undefined;
  if (purpose === 'target-state') return tool.targetState !== undefined;
  return dryRunTool !== true || (purpose === 'dry-run' && tool.dryRun !== undefined);
}

/** Genuine whatever its times; those are judged by name after, so that an expired permit is told from a forged one. */
function openPermit(dependencies: RunToolDependencies, value: unknown): SignedDecision | undefined {
  const { audience, registry, clock } = dependencies;
  const options = { schema: signedDecisionSchema, audience, registry };
  const live = openEnvelope(value, { ...options, now: clock.now() });
  if (live.kind === 'opened') return live.signed;
  if (live.failure !== 'expired' && live.failure !== 'not-yet-valid') return undefined;
  const anyTime = openEnvelope(value, { ...options, now: null });
  return anyTime.kind === 'opened' ? anyTime.signed : undefined;
}

function rejected(
  code: RunToolRefusalCode,
  own: { permit: PermitBody; argumentsDigest: string } | null = null,
): PermitVerdict {
  return { kind: 'rejected', result: notRun(code), own };
}
