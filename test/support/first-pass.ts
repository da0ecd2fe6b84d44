/** What a workflow asks the gate in the first pass of a call that nobody was asked about; tests and benches add which call it is. */
import type { CheckCallInput } from '../../core/contracts/activities.ts';

export const firstPass: Omit<CheckCallInput, 'tool' | 'argumentsText' | 'nonce' | 'workflowTimeAt'> = {
  turn: 1,
  index: 0,
  try: 1,
  pass: 1,
  round: 1,
  purpose: 'execute',
  about: 'call',
  withdraw: false,
  ask: null,
  votes: [],
  previousDecision: null,
};
