/**
 * What each write of the store must be alone with. Reading a row and then writing what follows from it is safe only while
 * nobody else can do the same, so each scope names exactly the rows that its method checks before it writes.
 */
import type { WriteScope } from './session.ts';

/** Its row, links, epochs, decisions, admissions, asks and denials: what is counted or numbered for a run. */
export function ofRun(workflowId: string): WriteScope {
  return { alone: [`run ${workflowId}`] };
}

/** Fences and receipts of a call, over all its tries. */
export function ofCall(callKey: string): WriteScope {
  return { alone: [`call ${callKey}`] };
}

/** The same, while no control record is added: the freeze epoch that was read is still the last one at the commit. */
export function ofCallUnderControl(callKey: string): WriteScope {
  return { ...ofCall(callKey), shared: [control] };
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
