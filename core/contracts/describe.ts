/** What the Temporal server says of a run: asked by who needs to know that a link is real and still runs. */

export interface RunDescription {
  status: 'running' | 'closed' | 'not-found';
  cancelRequested: boolean;
}

/** @throws {CountersignError} `server-unavailable` */
export type DescribeRun = (workflowId: string, linkRunId: string) => Promise<RunDescription>;

/** How a link came to be, from its start event as the server recorded it. */
export interface LinkOrigin {
  workflowType: string;
  firstRunId: string;
  /** Own run id for a started or continued link; another one's for a reset. */
  originalRunId: string;
  /** The link before, for a continued one. */
  continuedRunId: string | null;
}

/** @throws {CountersignError} `server-unavailable` */
export type ReadLinkOrigin = (workflowId: string, linkRunId: string) => Promise<LinkOrigin>;
