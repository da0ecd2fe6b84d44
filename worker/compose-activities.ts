/** The composition root: every activity with what it needs. A role that is not served here gets none of its activities. */
import { randomBytes } from 'node:crypto';
import { type CheckTurn, createCallModel } from '../activities/call-model.ts';
import { createTranscriptCache } from '../activities/call-model/transcript-cache.ts';
import { createCheckCall } from '../activities/check-call.ts';
import { createCheckPoint } from '../activities/check-point.ts';
import { createCheckStart } from '../activities/check-start.ts';
import { defaultGateBounds, type GateBounds } from '../activities/check-call/dependencies.ts';
import { createUntrustedTexts } from '../activities/check-call/untrusted-texts.ts';
import { createCloseRun } from '../activities/close-run.ts';
import { createCompactTranscript } from '../activities/compact-transcript.ts';
import { createNotifyApprovers } from '../activities/notify-approvers.ts';
import { createOpenRun } from '../activities/open-run.ts';
import { permittedSettings, pinnedSettings } from '../activities/policies-of.ts';
import { createPolicySource } from '../activities/policy-source.ts';
import { createRunTool, type RunToolDependencies } from '../activities/run-tool.ts';
import { createVerifyVotes } from '../activities/verify-votes.ts';
import { aboutCall, guardCall } from '../activities/guard-call.ts';
import { createKeepRedactions, type LostRedactions } from '../activities/keep-redactions.ts';
import { createRedact, createSanitiseError, type Redact } from '../activities/redact-for-run.ts';
import { createDescribeRun, createReadLinkOrigin } from '../client/describe-run.ts';
import type { TemporalDoor } from '../client/temporal-door.ts';
import type { Clock } from '../core/clock.ts';
import type { Activities } from '../core/contracts/activities.ts';
import type { Domain } from '../core/contracts/envelope.ts';
import { queryNames } from '../core/contracts/run-names.ts';
import type { TaskQueues, TicketBody } from '../core/contracts/ticket.ts';
import type { KeyRegistry, Signer } from '../core/envelope.ts';
import { builtInGuards, findInjection, type Guard, shellReaders } from '../guards/index.ts';
import type { RedactionKey } from '../keys/index.ts';
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
  /** Of the pack, behind the built-in ones, in this order. */
  guards: readonly Guard[];
  sandbox: Sandbox;
  /** Holds the work folders of runs. */
  workFolder: string;
  openai: { apiKey: string | undefined; baseURL?: string | undefined };
  /** Behind the marks of redaction, shared with other workers. @default random, of this process alone */
  markKey?: Uint8Array;
  /** What redaction takes out is kept under it, and what cannot be kept is told. @default nothing is kept */
  redactions?: { key: RedactionKey; report: (lost: LostRedactions) => void };
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
  const guards = [...builtInGuards, ...dependencies.guards];
  const { registry } = dependencies.keys;
  const policies = createPolicySource({ store, registry, audience, ...shellReaders });
  const { client, namespace } = dependencies.door;
  const bounds = { ...defaultGateBounds, ...dependencies.bounds };
  const links = { store, clock, readLinkOrigin: createReadLinkOrigin(client, namespace) };
  // One for both: what a model call has read of a transcript, its compaction need not ask the run for again.
  const { redactions } = dependencies;
  const keep = redactions && createKeepRedactions({ store, clock, ...redactions });
  const markKey = dependencies.markKey ?? randomBytes(32);
  const redact = createRedact(markKey, undefined, keep);
  // What guards say is none of the run's texts: nothing of it is kept.
  const redactWords = createRedact(markKey);
  const checkPoint = createCheckPoint(dependencies.guards, redactWords);
  const model = {
    ...modelDependencies(dependencies, redact),
    checkTurn: checkPoint satisfies CheckTurn,
    readSettings: async (ticket: TicketBody) => await pinnedSettings(policies, ticket),
  };
  const make: Activities = {
    openRun: createOpenRun({
      ...links,
      registry,
      audience,
      namespace,
      checkStart: createCheckStart({ policies, checkPoint }),
    }),
    checkCall: createCheckCall({
      ...links,
      registry,
      audience,
      tools,
      signer: currentSigner(dependencies, 'decision'),
      policies,
      checkArguments: async (text, call, settings) => await guardCall(guards, text, call, settings, redactWords),
      untrustedTexts: createUntrustedTexts(store),
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
      checkResult: async (text, call, permit, spareMs) => {
        const settings = await permittedSettings(policies, permit);
        return await checkPoint('afterTool', { text, ...aboutCall(call) }, settings, spareMs);
      },
      sanitiseError: createSanitiseError(redact),
      marginMs: bounds.settleMarginMs / 2,
      ...(dependencies.reportIncident ? { reportIncident: dependencies.reportIncident } : {}),
    }),
    notifyApprovers: createNotifyApprovers({ store }),
    closeRun: createCloseRun({
      store,
      clock,
      checkAnswer: async (text, ticket) =>
        await checkPoint('afterAgent', { text }, await pinnedSettings(policies, ticket)),
    }),
  };
  const names = roles.flatMap((role) => namesByRole[role]);
  return Object.fromEntries(names.map((name) => [name, make[name]]));
}

function modelDependencies(dependencies: WorkerDependencies, redact: Redact) {
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
