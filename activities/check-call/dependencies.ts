/** What the gate needs, and the bounds it works within. */
import type { Clock } from '../../core/clock.ts';
import type { ReadLinkOrigin } from '../../core/contracts/describe.ts';
import type { Finding } from '../../core/contracts/labels.ts';
import type { KeyRegistry, Signer } from '../../core/envelope.ts';
import type { Store } from '../../store/store.ts';
import type { ToolRegistry } from '../../tools/registry.ts';
import type { GuardSettings } from '../../policy/index.ts';
import type { GuardedCall } from '../guard-call.ts';
import type { ReadCaller } from '../local-activity.ts';
import type { PolicySource } from '../policy-source.ts';
import type { UntrustedTexts } from './untrusted-texts.ts';

export interface GateBounds {
  /** Wall clock and workflow clock, and a vote's castAt and now, may differ by this, ms. */
  clockSkewMs: number;
  /** Life of a permit, ms; also the tool's schedule-to-start. */
  permitLifeMs: number;
  /** After start-to-close, before a probe's or a person's "did not happen" counts, ms. */
  settleMarginMs: number;
  /** Tries of a read that crashed. */
  readTries: number;
}

export const defaultGateBounds: GateBounds = {
  clockSkewMs: 10_000,
  permitLifeMs: 60_000,
  settleMarginMs: 5000,
  readTries: 3,
};

export interface CheckCallDependencies {
  store: Store;
  clock: Clock;
  registry: KeyRegistry;
  /** Of the domain `decision`. */
  signer: Signer;
  audience: string;
  tools: ToolRegistry;
  policies: PolicySource;
  readLinkOrigin: ReadLinkOrigin;
  /** beforeTool guards. @param call absent where the arguments do not fit the tool. */
  checkArguments(canonicalArguments: string, call?: GuardedCall, settings?: GuardSettings): Promise<Finding[]>;
  /** Which arguments occur in what the run has read from untrusted places. @default none are looked for */
  untrustedTexts?: UntrustedTexts;
  buildId: string;
  bounds: GateBounds;
  readCaller?: ReadCaller;
}
