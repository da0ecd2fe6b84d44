/**
 * The one way of this program to Temporal: worker, gateway, replay, set-up and doctor all come through here. The state
 * folder's own engine is spoken to in plaintext and is never shown a credential; any other server as the settings say. What
 * fails is looked into, so that the message names what to change. Only set-up is let through without its namespace.
 */
import {
  type ConnectionFault,
  type ConnectionFaultKind,
  diagnoseConnection,
} from '../../client/diagnose-connection.ts';
import {
  openTemporalDoor,
  refusesCredentials,
  type TemporalDoor,
  type TemporalSettings,
} from '../../client/temporal-door.ts';
import type { Clock } from '../../core/clock.ts';
import { CountersignError, hasErrorCode } from '../../core/errors.ts';
import { findEmbeddedEngine } from '../../engine/engine-record.ts';
import { readNamespace } from '../../client/namespace.ts';
import { type Config, variableByName } from '../../worker/config.ts';
import { connectionRemedy, temporalSettings } from '../../worker/temporal-settings.ts';

export interface OpenDoor {
  temporal: TemporalSettings;
  door: TemporalDoor;
}

/**
 * @param engineAddress of an engine of this process or of the state folder. @default TEMPORAL_ADDRESS, else that engine
 * @throws {CountersignError} `config-invalid`, also for a namespace that the server does not know; `server-unavailable`
 */
export async function openDoor(config: Config, clock: Clock, engineAddress?: string): Promise<OpenDoor> {
  const open = await openDoorToServer(config, clock, engineAddress);
  try {
    await requireNamespace(open);
    return open;
  } catch (error) {
    await open.door.close();
    throw error;
  }
}

/** Also where its namespace is still to be made. @throws {CountersignError} `config-invalid`, `server-unavailable` */
export async function openDoorToServer(config: Config, clock: Clock, engineAddress?: string): Promise<OpenDoor> {
  const temporal = await temporalPlace(config, clock, engineAddress);
  const opening = openTemporalDoor(temporal);
  const diagnosis = diagnoseConnection(temporal);
  const hopeless = diagnosis.then(async (fault) => {
    // Only a server that is not there yet may be there in a moment; the SDK would try the others until its time is up.
    if (fault === undefined || passing.includes(fault.kind)) return await opening;
    void opening.then((door) => door.close()).catch(() => undefined);
    throw faultError(temporal, fault);
  });
  try {
    return { temporal, door: await Promise.race([opening, hopeless]) };
  } catch (error) {
    if (!hasErrorCode(error, 'server-unavailable')) throw error;
    if (refusesCredentials(error)) throw refusedError(temporal, error);
    const fault = await diagnosis;
    throw fault === undefined ? error : faultError(temporal, fault);
  }
}

const passing: readonly ConnectionFaultKind[] = ['unreachable', 'silent'];

/** @throws {CountersignError} `config-invalid` */
export async function temporalPlace(config: Config, clock: Clock, engineAddress?: string): Promise<TemporalSettings> {
  const { temporalAddress, temporalNamespace: namespace } = config;
  if (engineAddress !== undefined) return { address: engineAddress, namespace };
  if (temporalAddress !== undefined) return temporalSettings(config, temporalAddress, clock.now());
  const engine = await findEmbeddedEngine(config.stateFolder);
  if (engine.kind === 'running') return { address: engine.record.address, namespace };
  throw new CountersignError(
    'config-invalid',
    `Cannot connect to Temporal: "${variableByName.temporalAddress}" is not set and no embedded engine runs on state folder "${config.stateFolder}", expected one of the two; set it, or start "countersign dev"`,
  );
}

/** Said before anything is read or written: a gateway would sign activations for runs that nobody can start. */
async function requireNamespace({ door, temporal }: OpenDoor): Promise<void> {
  const { address, namespace } = temporal;
  const found = await readNamespace(door.client, namespace).catch((error: unknown) => {
    throw refusesCredentials(error) ? refusedError(temporal, error) : error;
  });
  if (found) return;
  throw new CountersignError(
    'config-invalid',
    `Cannot use Temporal at "${address}": the server does not know namespace "${namespace}", expected one that is there; correct ${variableByName.temporalNamespace}, or run "countersign setup" to make it`,
  );
}

function refusedError({ address, namespace }: TemporalSettings, cause: unknown): CountersignError {
  const { temporalApiKey, temporalTlsCertFile, temporalNamespace } = variableByName;
  return new CountersignError(
    'server-unavailable',
    `Cannot connect to Temporal at "${address}": the server refuses our credentials for namespace "${namespace}", expected ones that it knows; correct ${temporalApiKey} (or its file), ${temporalTlsCertFile} or ${temporalNamespace}`,
    { cause },
  );
}

function faultError({ address }: TemporalSettings, { is, kind }: ConnectionFault): CountersignError {
  return new CountersignError(
    'server-unavailable',
    `Cannot connect to Temporal at "${address}": ${is}, expected a Temporal server; ${connectionRemedy(kind)}`,
  );
}
