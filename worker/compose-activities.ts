/** The composition root: every activity with what it needs. A role that is not served here gets none of its activities. */
import { randomBytes } from 'node:crypto';
import { createCallModel } from '../activities/call-model.ts';
import { createTranscriptCache } from '../activities/call-model/transcript-cache.ts';
import { createCheckCall } from '../activities/check-call.ts';
import { defaultGateBounds, type GateBounds } from '../activities/check-call/dependencies.ts';
import { createCloseRun } from '../activities/close-run.ts';
import { createCompactTranscript } from '../activities/compact-transcript.ts';
import { createNotifyApprovers, type NoticeChannel } from '../activities/notify-approvers.ts';
import { createOpenRun } from '../activities/open-run.ts';
import { createPolicySource } from '../activities/policy-source.ts';
import { createRunTool, type RunToolDependencies } from '../activities/run-tool.ts';
import { createVerifyVotes } from '../activities/verify-votes.ts';
import { guardCall } from '../activities/guard-call.ts';
import { within } from '../activities/within.ts';
import { createDescribeRun, createReadLinkOrigin } from '../client/describe-run.ts';
import type { TemporalDoor } from '../client/temporal-door.ts';
import type { Clock } from '../core/clock.ts';
import type { Activities } from '../core/contracts/activities.ts';
import type { Domain } from '../core/contracts/envelope.ts';
import { queryNames } from '../core/contracts/run-names.ts';
import type { TaskQueues } from '../core/contracts/ticket.ts';
import type { KeyRegistry, Signer } from '../core/envelope.ts';
import {
  builtInGuards,
  classifyShell,
  findInjection,
  type Guard,
  redactSecrets,
  runGuards,
  sanitiseError,
} from '../guards/index.ts';
import type { Store } from '../store/store.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import type { Sandbox } from '../tools/sandbox/sandbox.ts';

export type WorkerRole = keyof TaskQueues;

export interface WorkerDependencies {
  door: TemporalDoor;
  store: Store;
  keys: { registry: KeyRegistry; signer(domain: Domain): Signer };
  clock: Clock;
  audience: string;
  tools: ToolRegistry;
  /** Of the pack, behind the built-in ones. */
  guards?: readonly Guard[];
  sandbox: Sandbox;
  /** Holds the work folders of runs. */
  workFolder: string;
  openai: { apiKey: string | undefined; baseURL?: string | undefined };
  channels: readonly NoticeChannel[];
  buildId: string;
  bounds?: Partial<GateBounds>;
  /** Told of every refusal that only tampering explains. @default nobody */
  reportIncident?: RunToolDependencies['reportIncident'];
}

type ActivityName = keyof Activities;

const namesByRole: Readonly<Record<WorkerRole, readonly ActivityName[]>> = {
  agent: ['openRun', 'checkCall', 'verifyVotes'],
  model: ['callModel', 'compactTranscript'],
  tools: ['runTool'],
  notify: ['notifyApprovers'],
  record: ['closeRun'],
};

export function composeActivities(dependencies: WorkerDependencies, roles: readonly WorkerRole[]): Partial<Activities> {
  const { store, clock, audience, tools } = dependencies;
  const guards = [...builtInGuards, ...(dependencies.guards ?? [])];
  const { registry } = dependencies.keys;
  const { client, namespace } = dependencies.door;
  const bounds = { ...defaultGateBounds, ...dependencies.bounds };
  const links = { store, clock, readLinkOrigin: createReadLinkOrigin(client, namespace) };
  // One for both: what a model call has read of a transcript, its compaction need not ask the run for again.
  const model = modelDependencies(dependencies);
  const make: Activities = {
    openRun: createOpenRun({
      ...links,
      registry,
      audience,
      namespace,
      checkInput: async (text) => (await runGuards(guards, 'beforeAgent', { text }, within)).findings,
    }),
    checkCall: createCheckCall({
      ...links,
      registry,
      audience,
      tools,
      signer: currentSigner(dependencies, 'decision'),
      policies: createPolicySource({ store, registry, audience, readShell: classifyShell }),
      checkArguments: async (text, call) => await guardCall(guards, text, call),
      buildId: dependencies.buildId,
      bounds,
    }),
    verifyVotes: createVerifyVotes({ registry, audience, clock }),
    callModel: createCallModel(model),
    compactTranscript: createCompactTranscript(model),
    runTool: createRunTool({
      store,
      clock,
      registry,
      signer: currentSigner(dependencies, 'receipt'),
      audience,
      tools,
      describeRun: createDescribeRun(client, namespace),
      sandbox: dependencies.sandbox,
      workFolder: dependencies.workFolder,
      redact,
      sanitiseError,
      marginMs: bounds.settleMarginMs / 2,
      ...(dependencies.reportIncident ? { reportIncident: dependencies.reportIncident } : {}),
    }),
    notifyApprovers: createNotifyApprovers({ store, clock, channels: dependencies.channels }),
    closeRun: createCloseRun({ store, clock }),
  };
  const names = roles.flatMap((role) => namesByRole[role]);
  return Object.fromEntries(names.map((name) => [name, make[name]]));
}

/** Of this process: marks of the same secret are alike as long as it runs, and nobody can try guesses against them. */
const markKey = randomBytes(32);
const redact = async (text: string) => await redactSecrets(text, { markKey });

function modelDependencies(dependencies: WorkerDependencies) {
  const { client } = dependencies.door;
  return {
    store: dependencies.store,
    tools: dependencies.tools,
    openai: dependencies.openai,
    clock: dependencies.clock,
    cache: createTranscriptCache(),
    redact,
    findInjection,
    queryTranscript: async (workflowId: string, linkRunId: string, from: number) =>
      await client.workflow
        .getHandle(workflowId, linkRunId)
        .query<never, [{ from: number }]>(queryNames.transcript, { from }),
  };
}

/** Asks for the key at each signature: one that was revoked since the start signs nothing more. */
function currentSigner(dependencies: Pick<WorkerDependencies, 'keys'>, domain: Domain): Signer {
  const signer = () => dependencies.keys.signer(domain);
  return {
    domain,
    get kid() {
      return signer().kid;
    },
    sign: (bytes) => signer().sign(bytes),
  };
}
