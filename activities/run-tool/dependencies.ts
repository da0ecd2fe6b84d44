/** What the tools worker needs to run a tool, and what it knows of the activity it runs in. */
import type { Clock } from '../../core/clock.ts';
import type { DescribeRun } from '../../core/contracts/describe.ts';
import type { PermitBody } from '../../core/contracts/decision.ts';
import type { Finding } from '../../core/contracts/labels.ts';
import type { KeyRegistry, Signer } from '../../core/envelope.ts';
import type { Store } from '../../store/store.ts';
import type { ToolRegistry } from '../../tools/registry.ts';
import type { Sandbox } from '../../tools/sandbox/sandbox.ts';
import type { PointResult } from '../check-point.ts';
import type { GuardedCall } from '../guard-call.ts';
import type { ReadActivityFacts } from './activity-facts.ts';

/** @param spareMs what the tool left of its own time */
export type CheckResult = (
  text: string,
  call: GuardedCall,
  permit: PermitBody,
  spareMs: number,
) => Promise<PointResult>;

export interface RunToolDependencies {
  store: Store;
  clock: Clock;
  registry: KeyRegistry;
  /** Of the domain `receipt`. */
  signer: Signer;
  audience: string;
  tools: ToolRegistry;
  describeRun: DescribeRun;
  sandbox: Sandbox;
  /** Absolute path. Each run's tools work in a folder of their own in it; both are made when missing. */
  workFolder: string;
  /** Takes secrets out of what a tool said. When it fails, the text is withheld. */
  redact(text: string): Promise<{ text: string; findings: Finding[] }>;
  /** The afterTool guards over a redacted result, as the permit's policies set them. */
  checkResult: CheckResult;
  /** Text of a tool's error without paths, stacks and credentials. Never throws: the effect may have happened. */
  sanitiseError(error: unknown): string | Promise<string>;
  /** Whether permits of this gate build are still taken. Absent: all are. */
  minimumBuild?: (buildId: string) => boolean;
  /** How long a tool may take to end after it was told to, and its lease beyond start-to-close, ms. */
  marginMs: number;
  /** Told of every refusal that only tampering explains. */
  reportIncident?: (incident: { code: string; workflowId: string; activityId: string }) => void;
  /** @default Context.current() of Temporal */
  readActivityFacts?: ReadActivityFacts;
}
