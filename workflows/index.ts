/** The workflow types of the bundle. */
export { agentRun } from './agent-run.ts';
