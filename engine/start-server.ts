/**
 * Starts one Temporal server on a state folder that the caller has locked, writes down where it answers, and waits until
 * its namespace is ready. A server that does not become ready is ended again before this returns.
 */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { openBoundedLog } from './bounded-log.ts';
import { devServerParameters, type Synchronous } from './dev-server-parameters.ts';
import { type EngineRecord, markEngineEnded, writeEngineRecord } from './engine-record.ts';
import { ensureNamespace } from './ensure-namespace.ts';
import { addressAnswers, loopback } from './ports.ts';
import { processIdentity } from './process-identity.ts';
import { type SupervisedProcess, spawnWithParent } from './spawn-with-parent.ts';

export interface ServerPlan {
  /** Path of the Temporal CLI. */
  readonly program: string;
  readonly stateFolder: string;
  readonly namespace: string;
  readonly port: number;
  readonly uiPort: number;
  readonly retentionDays: number;
  readonly synchronous: Synchronous;
  /** @default { CountersignState: 'Keyword' } */
  readonly searchAttributes?: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

export interface StartedServer {
  readonly kind: 'ready';
  readonly server: SupervisedProcess;
  readonly record: EngineRecord;
}

export interface FailedServer {
  readonly kind: 'failed';
  readonly reason: string;
  /** Whether another start may help, on other ports. */
  readonly mayHelp: boolean;
}

/** Time between SIGTERM and SIGKILL. */
export const stopGraceMs = 5_000;

const logLimitBytes = 5_000_000;
const readyTimeoutMs = 60_000;
const pollMs = 20;
const longestReason = 500;

export async function startServer(plan: ServerPlan): Promise<StartedServer | FailedServer> {
  const { stateFolder } = plan;
  const log = openBoundedLog(join(stateFolder, 'engine.log'), logLimitBytes);
  const searchAttributes = plan.searchAttributes ?? { CountersignState: 'Keyword' };
  const settings = { ...plan, databaseFile: join(stateFolder, 'engine.db'), host: loopback, searchAttributes };
  const server = await spawnWithParent(plan.program, devServerParameters(settings), (chunk) => log.write(chunk));
  const ended = new AbortController();
  void server.exited.then(() => ended.abort());
  try {
    const record = await recordOf(plan, server.pid);
    await writeEngineRecord(stateFolder, record);
    await waitUntilAnswers(record.address, ended.signal);
    const { address, namespace } = record;
    const wanted = { address, namespace, retentionDays: plan.retentionDays, signal: ended.signal };
    await ensureNamespace({ ...wanted, searchAttributes: Object.keys(searchAttributes) }, readyTimeoutMs);
    return { kind: 'ready', server, record };
  } catch (error) {
    const died = ended.signal.aborted;
    await server.stop(stopGraceMs);
    await markEngineEnded(stateFolder, plan.clock.now());
    const reason = died ? whyEnded(log.tail()) : messageOf(error);
    return { kind: 'failed', reason, mayHelp: mayHelp(log.tail()) };
  }
}

async function recordOf(plan: ServerPlan, pid: number): Promise<EngineRecord> {
  return {
    pid,
    // Empty when it has ended already: no process has that identity, so the record is stale at once.
    identity: (await processIdentity(pid)) ?? '',
    address: `${loopback}:${plan.port}`,
    uiUrl: `http://${loopback}:${plan.uiPort}`,
    namespace: plan.namespace,
    startedAt: plan.clock.now(),
  };
}

/** gRPC waits a second after a refused connection, a plain TCP poll does not. */
async function waitUntilAnswers(address: string, ended: AbortSignal): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await addressAnswers(address))) {
    ended.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`${address} does not answer within ${readyTimeoutMs} ms`);
    await new Promise((done) => setTimeout(done, pollMs));
  }
}

/**
 * A port that another program took in between; and a panic at the start: the server chooses inner ports of its own, and servers
 * that started side by side have met one.
 */
function mayHelp(tail: readonly string[]): boolean {
  return tail.some((line) => line.includes('address already in use') || isPanic(line));
}

function isPanic(line: string): boolean {
  return /^(?:panic|fatal error): /u.test(line);
}

/** The server is a Go program: the last line of a panic is a place in its source. */
export function whyEnded(tail: readonly string[]): string {
  const panic = tail.findLast(isPanic);
  return (panic ?? tail.at(-1))?.slice(0, longestReason) ?? 'the server ended without a word';
}
