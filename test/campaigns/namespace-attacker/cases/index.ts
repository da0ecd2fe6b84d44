/** All attempts, by kind. */
import type { AttackCase } from '../case.ts';
import { resets } from './resets.ts';
import { changedActivities } from './changed-activities.ts';
import { stolenLinks } from './stolen-links.ts';
import { byIdTool } from './by-id-tool.ts';
import { serverStarts } from './server-starts.ts';
import { byId } from './by-id.ts';
import { cutRuns } from './cut-runs.ts';
import { forgedStarts } from './forged-starts.ts';
import { namespaceWide } from './namespace-wide.ts';
import { signalFloods } from './signal-floods.ts';
import { signals } from './signals.ts';
import { stolenActivities } from './stolen-activities.ts';
import { stolenWords } from './stolen-words.ts';
import { stolenWorkflowTasks } from './stolen-workflow-tasks.ts';

export const cases: readonly AttackCase[] = [
  ...forgedStarts,
  ...serverStarts,
  ...signals,
  ...signalFloods,
  ...byIdTool,
  ...byId,
  ...stolenWorkflowTasks,
  ...stolenWords,
  ...stolenLinks,
  ...stolenActivities,
  ...changedActivities,
  ...cutRuns,
  ...resets,
  ...namespaceWide,
];
