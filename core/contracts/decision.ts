/**
 * The gate's signed decision. A permit is a decision whose verdict is `allow`: one-use leave for one exact call and try
 * until `expiresAt`. No other object allows anything.
 */
import { z } from 'zod';
import { approvalTermsSchema, outcomeSchema } from './approval.ts';
import { signedSchema } from './envelope.ts';
import { grantedBySchema } from './grant.ts';
import {
  callKeySchema,
  digestSchema,
  layerKindSchema,
  layerNameSchema,
  linkRunIdSchema,
  nonceSchema,
  principalSchema,
  roleSchema,
  purposeSchema,
  timestampSchema,
  workflowIdSchema,
} from './ids.ts';
import { findingSchema, labelSchema, riskSchema } from './labels.ts';

export const ruleHitSchema = z.strictObject({
  /** Of a layer above the pack's: its name, a slash, the rule's id. */
  id: z.string().min(1).max(200),
  effect: z.enum(['allow', 'ask', 'deny']),
  reason: z.string().max(500),
});
export type RuleHit = z.infer<typeof ruleHitSchema>;

/** People that one ask names at most. */
export const mostNamed = 100;
/** Calls that one ask covers at most. */
export const mostCallsPerAsk = 64;

export const askSchema = z
  .strictObject({
    nonce: nonceSchema,
    approvalId: z.string().min(1),
    kind: z.enum(['call', 'reconcile']),
    /** Identical calls of one turn: the same tool, the same arguments. Each has its own permit, and runs once. */
    callKeys: z.array(callKeySchema).min(1).max(mostCallsPerAsk),
    /** How many calls it covers, as the card says. Absent: one. */
    times: z.int().min(2).max(mostCallsPerAsk).optional(),
    terms: approvalTermsSchema,
    termsDigest: digestSchema,
    cardDigest: digestSchema,
    askedAt: timestampSchema,
    deadlineAt: timestampSchema,
    executeWithinMs: z.int().min(1),
    /**
     * Who could answer at some time before the deadline, when it was asked: they had a credential to vote with and were
     * not behind the run. At most 100, in order. Absent: not looked for. A vote is judged anew, by who may vote then.
     */
    couldAnswer: z.array(principalSchema).max(mostNamed).optional(),
    /** Of these: who could do so by breaking the glass and not otherwise, and so makes up no quorum. Absent: nobody. */
    onlyByBreakGlass: z.array(principalSchema).min(1).max(mostNamed).optional(),
    /** Further ones that are not named. */
    couldAnswerMore: z.int().min(1).optional(),
    /** That the call may be edited: the JSON Schema of its arguments, in the store, and how often still. Absent: it may not. */
    editable: z.strictObject({ schemaBody: digestSchema, left: z.int().min(1).max(10) }).optional(),
    /** That its arguments are a person's: by which edit, the how manieth, of what. Absent: they are the agent's. */
    edited: z
      .strictObject({ voteDigest: digestSchema, number: z.int().min(1).max(10), originalDigest: digestSchema })
      .optional(),
    /** Whoever edited this call in any round, of whatever epoch: they do not approve it. Absent: nobody. */
    coAuthors: z.array(principalSchema).min(1).max(50).optional(),
  })
  .refine(({ times = 1, callKeys }) => new Set(callKeys).size === times && callKeys.length === times, {
    error: 'it covers another number of calls than it says',
  });
export type Ask = z.infer<typeof askSchema>;

/** An edit that was taken: what the call is gated with from now on. It allows nothing. */
export const takenEditSchema = z.strictObject({
  voteDigest: digestSchema,
  by: principalSchema,
  /** Of this call's edits, from 1. */
  number: z.int().min(1).max(10),
  argumentsDigest: digestSchema,
  /** Body digest of their RFC 8785 text in the store. */
  argumentsBody: digestSchema,
  /** What the agent had asked for, before any edit. */
  originalDigest: digestSchema,
  originalBody: digestSchema,
  /** Everybody who edited the call so far, each once, in order. */
  coAuthors: z.array(principalSchema).min(1).max(10),
});
export type TakenEdit = z.infer<typeof takenEditSchema>;

/** That one person answered in place of the quorum, and by when others are to have reviewed it. */
export const glassBrokenSchema = z.strictObject({
  by: principalSchema,
  /** The role of the terms, which they held then. */
  role: roleSchema,
  /** Theirs, with the reason. */
  voteDigest: digestSchema,
  reviewDueAt: timestampSchema,
});
export type GlassBroken = z.infer<typeof glassBrokenSchema>;

export const approvedBySchema = z.strictObject({
  approvalId: z.string(),
  nonce: nonceSchema,
  askDigest: digestSchema,
  voteDigests: z.array(digestSchema).min(1),
  executeByAt: timestampSchema,
  /** Absent: the quorum approved it. */
  breakGlass: glassBrokenSchema.optional(),
});

/** One version of a layer's policy, and what it said. */
export const layerVerdictSchema = z.strictObject({
  layer: layerKindSchema,
  name: layerNameSchema,
  policyDigest: digestSchema,
  verdict: z.enum(['allow', 'ask', 'deny']),
});
export type LayerVerdict = z.infer<typeof layerVerdictSchema>;
export const shadowVerdictSchema = layerVerdictSchema.extend({ rules: z.array(z.string().max(200)).max(100) });
export type ShadowVerdict = z.infer<typeof shadowVerdictSchema>;

const common = {
  workflowId: workflowIdSchema,
  linkRunId: linkRunIdSchema,
  runEpoch: z.int().min(0),
  freezeEpoch: z.int().min(0),
  callKey: callKeySchema,
  try: z.int().min(1),
  pass: z.int().min(1),
  purpose: purposeSchema,
  tool: z.strictObject({ name: z.string().max(200), definitionDigest: digestSchema.nullable() }),
  /** Null where the arguments never became a JSON value. */
  argumentsDigest: digestSchema.nullable(),
  principal: principalSchema,
  labels: z.array(labelSchema),
  rules: z.array(ruleHitSchema),
  findings: z.array(findingSchema),
  risk: riskSchema,
  policyDigest: digestSchema,
  /** Digest of the active policy that was also asked; equal to `policyDigest` when nothing newer is active. */
  activePolicyDigest: digestSchema,
  /** Every policy that was asked, where there are layers above the pack's; absent: pinned and active alone. */
  layers: z.array(layerVerdictSchema).max(100).optional(),
  /** What policies in shadow mode would have said; it changed nothing. */
  shadow: z.array(shadowVerdictSchema).max(100).optional(),
  buildId: z.string().min(1),
  /** The decision of the pass before, of the same call and try. */
  previousDecision: digestSchema.nullable(),
};

export const decisionBodySchema = z.discriminatedUnion('verdict', [
  z.strictObject({
    ...common,
    verdict: z.literal('deny'),
    nonce: nonceSchema.nullable(),
    outcome: outcomeSchema.nullable(),
    /** Of outcome `superseded`, where a person edited the call. */
    edit: takenEditSchema.optional(),
  }),
  z.strictObject({
    ...common,
    verdict: z.literal('ask'),
    ask: askSchema,
    /** Policies by whose roles approvers are judged; absent: the pinned and the active one. */
    approverPolicies: z.array(digestSchema).max(100).optional(),
  }),
  z.strictObject({
    ...common,
    verdict: z.literal('allow'),
    activityId: z.string().min(1).max(200),
    taskQueue: z.string().min(1),
    targetStateDigest: digestSchema.nullable(),
    approval: approvedBySchema.nullable(),
    /** The grant that it rests on instead of an approval of its own. Absent: none. */
    grant: grantedBySchema.optional(),
    /** Of purpose `dry-run`, for a read: the policy lets reads run. */
    dryRunRead: z.literal(true).optional(),
    /** Of purpose `dry-run`: the tool's own dry run speaks, for those who will be asked; nothing of it goes to the model. */
    dryRunTool: z.literal(true).optional(),
    /** Every policy that was asked trusts what this tool gives back. Absent: it carries the label `untrusted`. */
    trustedResult: z.literal(true).optional(),
  }),
]);
export type DecisionBody = z.infer<typeof decisionBodySchema>;
export type PermitBody = Extract<DecisionBody, { verdict: 'allow' }>;
export type DenialBody = Extract<DecisionBody, { verdict: 'deny' }>;
export type AskBody = Extract<DecisionBody, { verdict: 'ask' }>;
export const signedDecisionSchema = signedSchema('decision', decisionBodySchema);
export type SignedDecision = z.infer<typeof signedDecisionSchema>;
