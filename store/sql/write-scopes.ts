/**
 * What each write of the store must be alone with. Reading a row and then writing what follows from it is safe only while
 * nobody else can do the same, so each scope names exactly the rows that its method checks before it writes.
 */
import type { WriteScope } from './session.ts';

/** Its row, links, epochs, decisions, admissions, asks and denials: what is counted or numbered for a run. */
export function ofRun(workflowId: string): WriteScope {
  return { alone: [`run ${workflowId}`] };
}

/**
 * A decision about a call of the run, with a number of a grant that other runs may use, too.
 * @param breaksGlass uses by one person are counted over all runs
 */
export function ofDecision(workflowId: string, grantId?: string, breaksGlass = false): WriteScope {
  const grant = grantId === undefined ? [] : [`grant ${grantId}`];
  return { alone: [...ofRun(workflowId).alone, ...grant, ...(breaksGlass ? ['break-glass'] : [])] };
}

/** Fences and receipts of a call, over all its tries. */
export function ofCall(callKey: string): WriteScope {
  return { alone: [`call ${callKey}`] };
}

/**
 * The same, while no control record is added and none of the approval's votes is withdrawn: the freeze epoch and the votes that
 * were read are still the last ones at the commit.
 * @param nonces of the requests whose votes it rests on
 */
export function ofCallUnderControl(callKey: string, nonces: readonly string[]): WriteScope {
  return { ...ofCall(callKey), shared: [control, ...nonces.flatMap((nonce) => ofNonce(nonce).alone)] };
}

export function ofNonce(nonce: string): WriteScope {
  return { alone: [`nonce ${nonce}`] };
}

/** Freezes, keys, policies: numbered without gaps. */
export const ofControl: WriteScope = { alone: ['control'] };
const [control = ''] = ofControl.alone;

/** One row by its own key, where the statement alone decides. */
export function ofRow(key: string): WriteScope {
  return { alone: [`row ${key}`] };
}
