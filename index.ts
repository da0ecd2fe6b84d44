/**
 * The public door of Countersign: what an agent pack or an embedding program may import from 'countersign'.
 * Everything is listed by name; what is not listed here is internal and changes without notice.
 */
export { Countersign, type CountersignOptions } from './client/gateway-client.ts';
export type {
  ApprovalView,
  RunList,
  RunStarted,
  RunView,
  StartRunRequest,
  VoteRequest,
  VoteResult,
} from './client/gateway-schemas.ts';
export type { RunDetail } from './client/run-detail-schemas.ts';
export { openTemporalDoor, type TemporalDoor, type TemporalSettings } from './client/temporal-door.ts';
export type { Json } from './core/canonical-json.ts';
export type { Card } from './core/contracts/approval.ts';
export { type ErrorCode, errorMeanings } from './core/contracts/errors.ts';
export type { Finding, Label, Risk } from './core/contracts/labels.ts';
export type { RunResult, RunState } from './core/contracts/run.ts';
export type { EffectClass } from './core/contracts/tool.ts';
export { CountersignError } from './core/errors.ts';
export {
  type CheckOptions,
  defineGuard,
  type Guard,
  type GuardInput,
  type GuardPoint,
  type GuardProgram,
  type GuardSource,
} from './guards/index.ts';
export { type AgentSource, defineAgent } from './packs/define-agent.ts';
export { type AgentPack, loadPack } from './packs/load-pack.ts';
export { checkedFetch, type CheckedFetchOptions, type CheckedResponse } from './tools/checked-fetch.ts';
export { defineTool, type ProbeAnswer, type Tool, type ToolSource } from './tools/define-tool.ts';
export { openInFolder, readTextInFolder } from './tools/path-in-folder.ts';
export type { Sandbox, SandboxCommand, SandboxResult } from './tools/sandbox/sandbox.ts';
export { shellTool, type ShellToolOptions } from './tools/shell-tool.ts';
export type { ToolContext } from './tools/tool-context.ts';
export { ToolFailure } from './tools/tool-failure.ts';
export type { WorkerDependencies, WorkerRole } from './worker/compose-activities.ts';
export { type RunningWorker, startWorker, type WorkerSettings } from './worker/create-worker.ts';
