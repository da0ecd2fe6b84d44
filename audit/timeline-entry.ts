/** What a timeline of a run says, one kind of entry for each thing that happens. Texts are raw and cut: see `timeline.ts`. */
import type { VoteVerdict } from '../core/contracts/approval.ts';
import type { RuleHit } from '../core/contracts/decision.ts';
import type { Look } from '../core/contracts/look.ts';
import type { Telling } from '../core/contracts/telling.ts';
import type { Finding } from '../core/contracts/labels.ts';
import type { Place } from './record-types.ts';

/** Somebody else's text, at most 500 characters of it. */
export interface Shown {
  text: string;
  cut: boolean;
  /** Of the whole text. */
  digest: string;
}

export type What =
  | { kind: 'run-started'; agent: string; principal: string; environment: string; dryRun: boolean; input: Shown | null }
  | { kind: 'link-started'; how: 'continued' | 'reset'; from: string | null }
  | {
      kind: 'model-answered';
      turn: number;
      model: string;
      text: Shown;
      calls: { tool: Shown; arguments: Shown }[];
      tokens: { input: number; output: number };
      findings: Finding[];
      /** Of the last attempt. */
      durationMs: number;
      attempts: number;
    }
  | { kind: 'model-failed'; turn: number; reason: string }
  | { kind: 'compacted'; summary: Shown }
  | {
      kind: 'decided';
      callKey: string;
      tool: string;
      try: number;
      pass: number;
      purpose: string;
      verdict: 'allow' | 'ask' | 'deny';
      rules: RuleHit[];
      findings: Finding[];
      risk: string;
      arguments: Shown | null;
      kid: string;
    }
  | {
      kind: 'asked';
      approvalId: string;
      about: 'call' | 'reconcile';
      tool: string;
      /** Identical calls that it covers. */
      times: number;
      quorum: number;
      deadlineAt: number;
      /** Who could answer then; null: not looked for. */
      couldAnswer: string[] | null;
      /** Who was shown it, as the gateway noted; nobody signs that. */
      looked: Look[];
      /** Who was told of it, by the same word. */
      told: Telling[];
    }
  | {
      kind: 'voted';
      approvalId: string | null;
      verdict: VoteVerdict;
      principal: string;
      channel: string;
      authenticated: string;
      castAt: number;
      /** From the request to the vote, ms; null for a vote that fits no request of the record. */
      waitedMs: number | null;
      reason: Shown | null;
    }
  | { kind: 'vote-rejected'; digest: string; reason: string }
  | { kind: 'request-ended'; approvalId: string; outcome: string; waitedMs: number }
  | {
      kind: 'permitted';
      callKey: string;
      activityId: string;
      kid: string;
      expiresAt: number | null;
      approved: boolean;
      /** Who broke the glass, where the approval is one person's. */
      brokenBy?: string;
      grant?: { grantId: string; use: number };
    }
  | {
      kind: 'executed';
      callKey: string;
      tool: string;
      purpose: string;
      try: number;
      outcome: string;
      durationMs: number;
      output: Shown | null;
      reason: string | null;
      /** Of its receipt: what guards found in the output. */
      findings: Finding[];
      /** The guard that kept the output back. */
      withheldBy: string | null;
    }
  | { kind: 'settled'; try: number }
  | { kind: 'in-doubt'; try: number }
  | { kind: 'held'; code: string; reason: string; heldMs: number | null }
  | { kind: 'refused'; code: string; reason: string }
  | { kind: 'reconciled'; callKey: string; answer: string }
  | { kind: 'unverified'; what: string }
  | { kind: 'signalled'; name: Shown }
  | { kind: 'cancel-requested' }
  | {
      kind: 'closed';
      outcome: string;
      turns: number;
      calls: { callKey: string; outcome: string }[];
      findings: Finding[];
      /** The guard that kept the run's answer back. */
      withheldBy: string | null;
    }
  | { kind: 'ended'; how: string; text: Shown | null };

export type TimelineEntry = Place & { at: number } & What;
